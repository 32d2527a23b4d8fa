import { axesOf } from "../infra/compose.ts";
import type { JournalEntry, Mark, Sample, SampleClass } from "../watch/journal.ts";
import { backlogUnderMs } from "./backlog.ts";
import { unusableShare } from "./coverage.ts";
import { type DataMeasure, measureData } from "./data-measure.ts";
import { ruleOfClass, sampleClasses } from "./judged.ts";
import { findMark, marksOf, seconds } from "./marks.ts";
import { findOutage, isInvalid, type Outage, type Rule } from "./outage.ts";
import { type Slices, slicesOf } from "./slices.ts";

/** Times as run, in seconds. Null: it never came back while the fault lasted. */
export interface Clocks {
  rtoOutageSeconds: number | null;
  rtoDeclaredSeconds: number | null;
}

export interface ClassMeasure {
  rtoOutageSeconds: number | null;
  failed: number;
}

export interface Measurement extends Clocks, DataMeasure {
  /** Whose samples the clocks are of. */
  judged: SampleClass;
  /** Every fault was seen by direct evidence. */
  proven: boolean;
  /** Service failed, and came back only after the switch began: the switch can have been what helped. */
  switchHelped: boolean;
  /** Largest share of samples that are missing or were sent too late in any phase, 0 to 1. */
  unusableShare: number;
  samples: { good: number; failed: number; invalid: number };
  resolutionSeconds: number;
  /** Of each class that was there. */
  classes: Partial<Record<SampleClass, ClassMeasure>>;
  /** From the decision until what waits was under its bound. Null where nobody counted, or it never was. */
  backlogSeconds: number | null;
  slices: Slices;
  failback: Failback | null;
}

export interface Failback {
  /** Every failed second of the judged class, sustained or not: going back is planned. */
  outageSeconds: number;
  seconds: number;
  unusableShare: number;
  /** The last second was good throughout: service held when the way back was over. */
  held: boolean;
  /** The primary role goes back with it, and every request needs the database. */
  movesDatabase: boolean;
}

/** Everything a verdict needs, from the journal alone. `rule` is that of the clients' classes. */
export function measure(
  entries: readonly JournalEntry[],
  rule: Rule,
  judged: SampleClass = "fresh",
): Measurement {
  const at = (kind: Mark["kind"]): number | undefined => findMark(entries, kind)?.atMs;
  const samples = entries.filter((entry): entry is Sample => entry.kind === "sample");
  const faultMs = at("fault") ?? samples[0]?.dueMs ?? 0;
  // What nothing undoes is broken until the way back begins.
  const liftMs = at("lift") ?? at("back-begin") ?? Infinity;
  const endMs = at("back-end") ?? at("end") ?? marksOf(entries, "control").at(-1)?.atMs ?? 0;
  const own = ruleOfClass(judged, rule);
  const broken = samples.filter(({ doneMs, sentMs }) => doneMs >= faultMs && sentMs < liftMs);
  const outage = withBacklog(findOutage(ofClass(broken, judged), own), entries, { faultMs, liftMs });
  const unusable = (fromMs: number, toMs: number) => unusableShare(samples, { fromMs, toMs }, own);
  const proofs = marksOf(entries, "proof");
  return {
    ...clocks(outage, at("switch")),
    ...measureData(entries),
    judged,
    switchHelped: switchHelped(entries, outage),
    proven: proofs.length > 0 && proofs.every(({ proven }) => proven),
    unusableShare: Math.max(unusable(faultMs, Math.min(liftMs, endMs)), unusable(liftMs, endMs)),
    samples: count(samples),
    resolutionSeconds: own.periodMs / 1000,
    classes: measureClasses(broken, rule),
    backlogSeconds: backlogSeconds(entries, { faultMs, liftMs }),
    slices: slicesOf(entries, outage?.recoveredMs ?? null),
    failback: measureFailback(entries, samples, own),
  };
}

/** Service was out when the switch began, and came back only after it had begun to change something. */
function switchHelped(entries: readonly JournalEntry[], outage: Outage | undefined): boolean {
  const switchMs = findMark(entries, "switch")?.atMs;
  if (!outage || switchMs === undefined) return false;
  const starts = marksOf(entries, "write").map(({ atMs, durationMs }) => atMs - durationMs);
  const changedMs = Math.min(...starts, Infinity);
  const fromMs = changedMs === Infinity ? switchMs : changedMs;
  return outage.firstFailedMs <= switchMs && (outage.recoveredMs ?? Infinity) >= fromMs;
}

interface Broken {
  faultMs: number;
  liftMs: number;
}

/** Where somebody counts what waits, service is back when that is under its bound, too. */
function withBacklog(
  outage: Outage | undefined,
  entries: readonly JournalEntry[],
  { faultMs, liftMs }: Broken,
): Outage | undefined {
  const under = backlogUnderMs(entries, liftMs);
  if (under === undefined) return outage;
  const { firstFailedMs, recoveredMs } = outage ?? { firstFailedMs: faultMs, recoveredMs: faultMs };
  if (under === null || recoveredMs === null) return { firstFailedMs, recoveredMs: null };
  return { firstFailedMs, recoveredMs: Math.max(under, recoveredMs) };
}

function backlogSeconds(entries: readonly JournalEntry[], { faultMs, liftMs }: Broken): number | null {
  const under = backlogUnderMs(entries, liftMs);
  return under == null ? null : Math.max(0, seconds(findMark(entries, "switch")?.atMs ?? faultMs, under));
}

function clocks(outage: Outage | undefined, switchMs: number | undefined): Clocks {
  if (!outage) return { rtoOutageSeconds: 0, rtoDeclaredSeconds: switchMs === undefined ? null : 0 };
  const { firstFailedMs, recoveredMs } = outage;
  if (recoveredMs === null) return { rtoOutageSeconds: null, rtoDeclaredSeconds: null };
  return {
    rtoOutageSeconds: seconds(firstFailedMs, recoveredMs),
    rtoDeclaredSeconds: switchMs === undefined ? null : Math.max(0, seconds(switchMs, recoveredMs)),
  };
}

function measureClasses(broken: readonly Sample[], rule: Rule): Measurement["classes"] {
  const measured = sampleClasses.flatMap((name) => {
    const own = ofClass(broken, name);
    if (own.length === 0) return [];
    const { rtoOutageSeconds } = clocks(findOutage(own, ruleOfClass(name, rule)), undefined);
    return [[name, { rtoOutageSeconds, failed: count(own).failed }] as const];
  });
  return Object.fromEntries(measured);
}

function measureFailback(
  entries: readonly JournalEntry[],
  samples: readonly Sample[],
  rule: Rule,
): Measurement["failback"] {
  const begin = findMark(entries, "back-begin");
  const end = findMark(entries, "back-end");
  if (!begin || !end) return null;
  const during = samples.filter(({ sentMs }) => sentMs >= begin.atMs && sentMs < end.atMs);
  const judged = ofClass(during, rule.judged ?? "fresh").filter((sample) => !isInvalid(sample));
  const failed = judged.filter((sample) => !sample.good);
  const last = judged.filter(({ sentMs }) => sentMs >= end.atMs - 1000);
  return {
    outageSeconds: (failed.length * rule.periodMs) / 1000,
    seconds: seconds(begin.atMs, end.atMs),
    unusableShare: unusableShare(samples, { fromMs: begin.atMs, toMs: end.atMs }, rule),
    held: last.length > 0 && last.every(({ good }) => good),
    movesDatabase: leftTopologies(entries).some((topology) => axesOf(topology).database === "secondary"),
  };
}

function leftTopologies(entries: readonly JournalEntry[]): string[] {
  return [...marksOf(entries, "degraded"), ...marksOf(entries, "switch")].map(({ topology }) => topology);
}

function ofClass(samples: readonly Sample[], name: SampleClass): Sample[] {
  return samples.filter((sample) => sample.class === name);
}

function count(samples: readonly Sample[]): Measurement["samples"] {
  const valid = samples.filter((sample) => !isInvalid(sample));
  const good = valid.filter((sample) => sample.good).length;
  return { good, failed: valid.length - good, invalid: samples.length - valid.length };
}
