import type { Changes } from "./events.ts";

/**
 * What the engine may do to a resource. A replacement is several steps, in the order in which they happen:
 * `delete-replaced`, `replace`, `create-replacement`, or, where the new one comes first, the same backwards.
 * https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/updates.go (read 2026-11)
 */
export const operations = [
  "same",
  "create",
  "update",
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "import",
  "import-replacement",
] as const;

export type Operation = (typeof operations)[number];

/** A resource before or after a step. A secret is a value that nobody here can read. */
export interface Snapshot {
  id?: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  inputs?: Record<string, unknown>;
}

/** One thing that the engine is about to do to one resource, in its own order. */
export interface Step {
  op: Operation;
  urn: string;
  type: string;
  old: Snapshot | null;
  new: Snapshot | null;
  /** Paths of inputs that differ, as `sku.capacity`. */
  paths: string[];
  /** Of those, the ones for which the provider replaces. */
  replacing: string[];
}

/** A whole stream of the engine's events, as far as anybody may conclude from it. */
export interface EventLog {
  steps: Step[];
  /** Errors, with the resource where the engine named one. */
  errors: { urn: string | null; message: string }[];
  succeeded: boolean;
  preview: boolean;
  changes: Changes;
}

/** A stream from which nothing may be concluded, and why. */
export interface RefusedLog {
  refused: string;
}

interface RawEvent extends Record<string, unknown> {
  sequence: number;
}

interface Metadata {
  op: string;
  urn: string;
  type: string;
  old?: Snapshot | null;
  new?: Snapshot | null;
  diffs?: string[] | null;
  keys?: string[] | null;
  detailedDiff?: Record<string, { diffKind: string }> | null;
}

interface Summary {
  resourceChanges?: Changes;
  isPreview?: boolean;
  maybeCorrupt?: boolean;
  result?: string;
}

/** Every kind of event, and whether anything is concluded from it. One that is not here was never thought about. */
const eventKinds = {
  preludeEvent: false,
  resourcePreEvent: true,
  resOutputsEvent: false,
  resOpFailedEvent: true,
  diagnosticEvent: true,
  policyEvent: true,
  policyRemediationEvent: false,
  policyLoadEvent: false,
  policyAnalyzeSummaryEvent: false,
  policyAnalyzeStackSummaryEvent: false,
  policyRemediateSummaryEvent: false,
  progressEvent: false,
  summaryEvent: true,
  cancelEvent: false,
  errorEvent: true,
  stdoutEvent: false,
} as const;

const diffKinds = ["add", "delete", "update", "add-replace", "delete-replace", "update-replace"];

/**
 * Reads a stream of `--event-log` or of streaming `--json`, an event a line, as a closed world: an event, an
 * operation or a kind of difference that is not known, a gap in the numbers, or no summary, and the whole of it is
 * refused. What was not understood may be what deletes a database.
 * Debug messages hold secrets in plain text; they are not kept.
 */
export function readEventLog(text: string): EventLog | RefusedLog {
  try {
    const events = text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line, index) => parseLine(line, index));
    return conclude(events);
  } catch (error) {
    if (error instanceof NotUnderstood) return { refused: error.message };
    throw error;
  }
}

export function isRefused(log: EventLog | RefusedLog): log is RefusedLog {
  return "refused" in log;
}

class NotUnderstood extends Error {}

function parseLine(line: string, index: number): RawEvent {
  let event: RawEvent;
  try {
    event = JSON.parse(line) as RawEvent;
  } catch (error) {
    throw new NotUnderstood(`line ${index + 1} is no JSON: it was cut`, { cause: error });
  }
  const kinds = Object.keys(event).filter((key) => key !== "sequence" && key !== "timestamp");
  const strange = kinds.filter((kind) => !Object.hasOwn(eventKinds, kind));
  if (strange.length > 0) throw new NotUnderstood(`unknown event ${strange.join(", ")}`);
  if (kinds.length !== 1) throw new NotUnderstood(`line ${index + 1} is not one event`);
  if (event.sequence !== index) {
    throw new NotUnderstood(`event ${index} is missing: the next one is number ${event.sequence}`);
  }
  return event;
}

function conclude(events: readonly RawEvent[]): EventLog {
  const of = <T>(kind: keyof typeof eventKinds): T[] =>
    events.filter((event) => event[kind] !== undefined).map((event) => event[kind] as T);
  const summaries = of<Summary>("summaryEvent");
  const summary = summaries[0];
  if (!summary || summaries.length > 1) {
    throw new NotUnderstood(summary ? "two summaries" : "no summary: the stream was cut short");
  }
  if (summary.result !== undefined && !["succeeded", "failed"].includes(summary.result)) {
    throw new NotUnderstood(`unknown result ${summary.result}`);
  }
  const failed = of<{ metadata: Metadata }>("resOpFailedEvent");
  const errors = [
    ...of<{ severity: string; message: string; urn?: string }>("diagnosticEvent")
      .filter(({ severity }) => severity === "error")
      .map(({ urn, message }) => ({ urn: urn ?? null, message: message.trim() })),
    ...of<{ error: string }>("errorEvent").map(({ error }) => ({ urn: null, message: error })),
    ...of<{ enforcementLevel: string; message: string; resourceUrn?: string }>("policyEvent")
      .filter(({ enforcementLevel }) => enforcementLevel === "mandatory")
      .map(({ message, resourceUrn }) => ({ urn: resourceUrn ?? null, message })),
  ];
  const healthy = failed.length === 0 && errors.length === 0 && summary.maybeCorrupt !== true;
  return {
    steps: of<{ metadata: Metadata }>("resourcePreEvent").map(({ metadata }) => stepOf(metadata)),
    errors,
    succeeded: healthy && summary.result !== "failed",
    preview: summary.isPreview === true,
    changes: summary.resourceChanges ?? {},
  };
}

function stepOf({ op, urn, type, old, new: next, diffs, keys, detailedDiff }: Metadata): Step {
  if (!(operations as readonly string[]).includes(op)) throw new NotUnderstood(`unknown operation ${op}`);
  const detailed = Object.entries(detailedDiff ?? {});
  const strange = detailed.find(([, { diffKind }]) => !diffKinds.includes(diffKind));
  if (strange) throw new NotUnderstood(`unknown difference ${strange[1].diffKind} of ${urn}`);
  const replacing = detailed.filter(([, { diffKind }]) => diffKind.endsWith("-replace"));
  return {
    op: op as Operation,
    urn,
    type,
    old: old ?? null,
    new: next ?? null,
    paths: detailed.length > 0 ? detailed.map(([path]) => path) : [...(diffs ?? [])],
    replacing: [...new Set([...(keys ?? []), ...replacing.map(([path]) => path)])],
  };
}
