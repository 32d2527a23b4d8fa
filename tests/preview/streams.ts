import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Streams of the real engine (pulumi 3.274.1), recorded on a local plant. Debug messages, outputs, and inputs of what
 * is left as it is were taken out, and the events numbered again.
 */
export function recorded(name: string): string {
  return readFileSync(join(import.meta.dirname, "recorded", `${name}.jsonl`), "utf8");
}

export interface RecordedEvent extends Record<string, unknown> {
  sequence: number;
  resourcePreEvent?: { metadata: RecordedStep };
  resOutputsEvent?: { metadata: RecordedStep };
  summaryEvent?: Record<string, unknown>;
}

export interface RecordedStep {
  op: string;
  urn: string;
  type: string;
  old: Record<string, unknown> | null;
  new: Record<string, unknown> | null;
  keys?: string[];
  diffs?: string[];
  /** Whether the engine counts it at the end; parts of a replacement it does not. */
  logical?: boolean;
  detailedDiff?: Record<string, { diffKind: string; inputDiff: boolean }> | null;
}

/** The stream after somebody has been at its events. */
export function changed(stream: string, change: (events: RecordedEvent[]) => RecordedEvent[]): string {
  const events = stream
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedEvent);
  return lines(change(events).map((event, sequence) => Object.assign(event, { sequence })));
}

export function lines(events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/**
 * The stream with the step of the resource whose URN ends so turned into something else, or into several, and a
 * summary that counts them.
 */
export function withStep(
  stream: string,
  ending: string,
  turn: (step: RecordedStep) => RecordedStep | RecordedStep[],
): string {
  let found = 0;
  return changed(stream, (events) => {
    const turned = events.flatMap((event): RecordedEvent[] => {
      // What came of the step as it was came of no step any more.
      if (event.resOutputsEvent?.metadata.urn.endsWith(ending)) return [];
      const step = event.resourcePreEvent?.metadata;
      if (!step?.urn.endsWith(ending)) return [event];
      found += 1;
      return [turn(step)].flat().map((metadata) => ({ sequence: 0, resourcePreEvent: { metadata } }));
    });
    if (found !== 1) throw new Error(`${found} steps end in ${ending}`);
    return turned.map((event) => recounted(event, events, turned));
  });
}

/** A summary that counts one more of each operation that came, and one less of each that went. */
function recounted(event: RecordedEvent, before: RecordedEvent[], after: RecordedEvent[]): RecordedEvent {
  if (!event.summaryEvent) return event;
  const changes = { ...(event.summaryEvent["resourceChanges"] as Record<string, number>) };
  const count = (events: RecordedEvent[], by: number) => {
    for (const { resourcePreEvent: { metadata } = {} } of events)
      if (metadata?.logical) changes[metadata.op] = (changes[metadata.op] ?? 0) + by;
  };
  count(before, -1);
  count(after, 1);
  return { ...event, summaryEvent: { ...event.summaryEvent, resourceChanges: changes } };
}

/** A resource that is deleted before its successor is made. */
export function replacedDeleteFirst(step: RecordedStep): RecordedStep[] {
  return ["delete-replaced", "replace", "create-replacement"].map((op) => ({
    ...step,
    op,
    logical: op === "replace",
  }));
}

export function replacedCreateFirst(step: RecordedStep): RecordedStep[] {
  return replacedDeleteFirst(step).toReversed();
}
