/** How many resources an operation touched, by kind. Kinds with no resource are absent. */
export type Changes = Partial<Record<string, number>>;

/** One engine event; only what is read here. https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go */
export interface EngineEvent {
  sequence: number;
  summaryEvent?: { resourceChanges?: Changes };
}

/** Parses an event log: one JSON object per line. A line cut in half is a defect of the log and throws. */
export function parseEvents(text: string): EngineEvent[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line) as EngineEvent);
}

/** @throws Error when the stream has no summary: it was cut short and says nothing about what happened. */
export function changesOf(events: readonly EngineEvent[]): Changes {
  const summary = events.findLast((event) => event.summaryEvent)?.summaryEvent;
  if (!summary) throw new Error("the engine's event log has no summary; it was cut short");
  return summary.resourceChanges ?? {};
}

/** Resources that were not left as they were. */
export function changed(changes: Changes): number {
  return Object.entries(changes).reduce((sum, [kind, n]) => (kind === "same" ? sum : sum + (n ?? 0)), 0);
}
