import * as v from "valibot";
import type { Changes } from "./events.ts";
import {
  eventKinds,
  type Kind,
  type Metadata,
  type Operation,
  operations,
  type Payload,
  type Snapshot,
} from "./event-kinds.ts";

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

/**
 * Reads a stream of `--event-log` or of streaming `--json`, an event a line, as a closed world: an event, an
 * operation or a kind of difference that is not known, one of another shape, a gap in the numbers, no summary, or
 * one that counts something else than was announced, and the whole of it is refused. What was not understood may be
 * what deletes a database.
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

interface KnownEvent {
  kind: Kind;
  payload: unknown;
}

function parseLine(line: string, index: number): KnownEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new NotUnderstood(`line ${index + 1} is no JSON: it was cut`, { cause: error });
  }
  if (!v.is(v.looseObject({ sequence: v.number() }), event)) {
    throw new NotUnderstood(`line ${index + 1} is no event`);
  }
  const kinds = Object.keys(event).filter((key) => key !== "sequence" && key !== "timestamp");
  const strange = kinds.filter((kind) => !Object.hasOwn(eventKinds, kind));
  if (strange.length > 0) throw new NotUnderstood(`unknown event ${strange.join(", ")}`);
  if (kinds.length !== 1) throw new NotUnderstood(`line ${index + 1} is not one event`);
  if (event.sequence !== index) {
    throw new NotUnderstood(`event ${index} is missing: the next one is number ${event.sequence}`);
  }
  const kind = kinds[0] as Kind;
  const { issues, output } = v.safeParse(eventKinds[kind], event[kind]);
  if (!issues) return { kind, payload: output };
  const place = [kind, v.getDotPath(issues[0])].filter((part) => part !== null).join(".");
  throw new NotUnderstood(`line ${index + 1}, ${place}: ${issues[0].message}`);
}

function conclude(events: readonly KnownEvent[]): EventLog {
  const of = <K extends Kind>(kind: K): Payload<K>[] =>
    events.filter((event) => event.kind === kind).map(({ payload }) => payload as Payload<K>);
  const [summary, second] = of("summaryEvent");
  if (!summary || second) {
    throw new NotUnderstood(summary ? "two summaries" : "no summary: the stream was cut short");
  }
  const announced = of("resourcePreEvent").map((event) => event.metadata);
  const failed = of("resOpFailedEvent").map((event) => event.metadata);
  checkEnds([...of("resOutputsEvent").map((event) => event.metadata), ...failed], announced);
  const errors = [
    ...of("diagnosticEvent")
      .filter(({ severity }) => severity === "error")
      .map(({ urn, message }) => ({ urn: urn ?? null, message: message.trim() })),
    ...of("errorEvent").map(({ error }) => ({ urn: null, message: error })),
    ...of("policyEvent")
      .filter(({ enforcementLevel }) => enforcementLevel === "mandatory")
      .map(({ message, resourceUrn }) => ({ urn: resourceUrn ?? null, message })),
  ];
  const healthy = failed.length === 0 && errors.length === 0 && !summary.maybeCorrupt;
  const succeeded = healthy && summary.result !== "failed";
  const changes = summary.resourceChanges ?? {};
  checkCounts(changes, announced, succeeded);
  return {
    steps: announced.map((step) => stepOf(step)),
    errors,
    succeeded,
    preview: summary.isPreview,
    changes,
  };
}

/** The engine announces a step before it says what came of it. */
function checkEnds(ends: readonly Metadata[], announced: readonly Metadata[]): void {
  const known = new Set(announced.map(({ op, urn }) => `${op} of ${urn}`));
  const stray = ends.map(({ op, urn }) => `${op} of ${urn}`).find((end) => !known.has(end));
  if (stray !== undefined) throw new NotUnderstood(`${stray} ended and was never announced`);
}

/**
 * The summary counts what came to its end: of a replacement `replace` alone, of providers those that the program
 * made, of reads those that found something new.
 * https://github.com/pulumi/pulumi/blob/v3.274.1/pkg/engine/update.go (OnResourceStepPost)
 */
function checkCounts(changes: Changes, announced: readonly Metadata[], succeeded: boolean): void {
  const counted = announced.filter(
    ({ logical, urn }) => logical === true && !/pulumi:providers:[^:]+::default/.test(urn),
  );
  for (const op of operations) {
    const steps = counted.filter((step) => step.op === op).length;
    const count = changes[op] ?? 0;
    if (count > steps || (count < steps && succeeded && op !== "read")) {
      throw new NotUnderstood(`the summary counts ${op} ${count} times, and ${steps} were announced`);
    }
  }
}

function stepOf({ op, urn, type, old, new: next, diffs, keys, detailedDiff }: Metadata): Step {
  const detailed = Object.entries(detailedDiff ?? {});
  const replacing = detailed.filter(([, difference]) => difference.diffKind.endsWith("-replace"));
  const roots = new Set(detailed.map(([path]) => rootOf(path)));
  return {
    op,
    urn,
    type,
    old: old ?? null,
    new: next ?? null,
    // A provider may name an input and say nothing of what differs inside it.
    paths: [...detailed.map(([path]) => path), ...(diffs ?? []).filter((path) => !roots.has(rootOf(path)))],
    replacing: [...new Set([...(keys ?? []), ...replacing.map(([path]) => path)])],
  };
}

/** `sku.capacity` and `environment["A"]` belong to `sku` and `environment`. */
export function rootOf(path: string): string {
  return path.split(/[.[]/)[0] ?? path;
}
