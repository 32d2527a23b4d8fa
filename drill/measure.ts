import {
  type ClientClass,
  clientClasses,
  type JournalEntry,
  type Mark,
  type Sample,
} from "../watch/journal.ts";
import { findOutage, isInvalid, type Outage, type Rule } from "./outage.ts";

/** The class whose figures are judged: a client that honours TTLs, the worst case of the honest ones. */
export const judgedClass: ClientClass = "fresh";

/** Times as run, in seconds. Null: it never came back while the fault lasted. */
export interface Clocks {
  rtoOutageSeconds: number | null;
  rtoDeclaredSeconds: number | null;
}

export interface ClassMeasure {
  rtoOutageSeconds: number | null;
  failed: number;
}

export interface Measurement extends Clocks {
  /** Every fault was seen by direct evidence. */
  proven: boolean;
  /** Service failed, and came back only after the switch began: the switch can have been what helped. */
  switchHelped: boolean;
  /** Largest share of samples that are missing or were sent too late in any phase, 0 to 1. */
  unusableShare: number;
  samples: { good: number; failed: number; invalid: number };
  resolutionSeconds: number;
  classes: Record<ClientClass, ClassMeasure>;
  /** Disjoint slices of the way from the decision to sustained service. */
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
}

/** Disjoint, in this order. Null where the switch wrote nothing of the kind, or nothing came back. */
export interface Slices {
  /** From the decision to the start of the first write at a cloud's API. */
  engineSeconds: number | null;
  /** From the start of the first security rule's write to that of the record: the rules are in force by then. */
  securityRuleSeconds: number | null;
  /** The write of the DNS record. */
  recordSeconds: number | null;
  /** The write of the settings, where no record moves. */
  settingsSeconds: number | null;
  /** From the answer to the last of them to the first good sample of sustained service. */
  tailSeconds: number | null;
}

/** Everything a verdict needs, from the journal alone. */
export function measure(entries: readonly JournalEntry[], rule: Rule): Measurement {
  const at = (kind: Mark["kind"]): number | undefined => findMark(entries, kind)?.atMs;
  const samples = entries.filter((entry): entry is Sample => entry.kind === "sample");
  const faultMs = at("fault") ?? samples[0]?.dueMs ?? 0;
  const liftMs = at("lift") ?? Infinity;
  const broken = samples.filter(({ doneMs, sentMs }) => doneMs >= faultMs && sentMs < liftMs);
  const judged = broken.filter((sample) => sample.class === judgedClass);
  const outage = findOutage(judged, rule);
  const endMs = at("end") ?? samples.at(-1)?.dueMs ?? 0;
  const unusable = (fromMs: number, toMs: number) => unusableShare(samples, { fromMs, toMs }, rule);
  const proofs = entries.filter((entry) => entry.kind === "proof");
  return {
    ...clocks(outage, at("switch")),
    switchHelped: (outage?.recoveredMs ?? Infinity) > (at("switch") ?? Infinity) && outage !== undefined,
    proven: proofs.length > 0 && proofs.every(({ proven }) => proven),
    unusableShare: Math.max(unusable(faultMs, Math.min(liftMs, endMs)), unusable(liftMs, endMs)),
    samples: count(samples),
    resolutionSeconds: rule.periodMs / 1000,
    classes: measureClasses(broken, rule),
    slices: slices(entries, outage),
    failback: measureFailback(entries, samples, rule),
  };
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

const noSlices: Slices = {
  engineSeconds: null,
  securityRuleSeconds: null,
  recordSeconds: null,
  settingsSeconds: null,
  tailSeconds: null,
};

function slices(entries: readonly JournalEntry[], outage: Outage | undefined): Slices {
  const switchMs = findMark(entries, "switch")?.atMs;
  const writes = entries
    .filter((entry): entry is Write => entry.kind === "write")
    .map((write) => ({ ...write, startMs: write.atMs - write.durationMs }));
  const first = writes.toSorted((a, b) => a.startMs - b.startMs)[0];
  if (!first || switchMs === undefined || outage?.recoveredMs == null) return noSlices;
  const of = (what: Write["what"]) => writes.find((write) => write.what === what);
  const [rule, record, settings] = [of("security rule"), of("record"), of("settings")];
  const last = record ?? settings ?? first;
  return {
    engineSeconds: seconds(switchMs, first.startMs),
    securityRuleSeconds: rule && record ? Math.max(0, seconds(rule.startMs, record.startMs)) : null,
    recordSeconds: record ? record.durationMs / 1000 : null,
    settingsSeconds: settings && !record ? settings.durationMs / 1000 : null,
    tailSeconds: Math.max(0, seconds(last.atMs, outage.recoveredMs)),
  };
}

type Write = Extract<Mark, { kind: "write" }>;

function measureClasses(broken: readonly Sample[], rule: Rule): Record<ClientClass, ClassMeasure> {
  const names = Object.keys(clientClasses) as ClientClass[];
  const measured = names.map((name): [ClientClass, ClassMeasure] => {
    const own = broken.filter((sample) => sample.class === name);
    const { rtoOutageSeconds } = clocks(findOutage(own, rule), undefined);
    return [name, { rtoOutageSeconds, failed: count(own).failed }];
  });
  return Object.fromEntries(measured) as Record<ClientClass, ClassMeasure>;
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
  const judged = during.filter((sample) => sample.class === judgedClass && !isInvalid(sample));
  const failed = judged.filter((sample) => !sample.good);
  const last = judged.filter(({ sentMs }) => sentMs >= end.atMs - 1000);
  return {
    outageSeconds: (failed.length * rule.periodMs) / 1000,
    seconds: seconds(begin.atMs, end.atMs),
    unusableShare: unusableShare(samples, { fromMs: begin.atMs, toMs: end.atMs }, rule),
    held: last.length > 0 && last.every(({ good }) => good),
  };
}

/** More missing or late samples than this in a phase, and the phase says nothing. */
export const tolerableUnusableShare = 0.05;

/** Enough of a phase was seen for a verdict about it. */
export function saysSomething(entries: readonly JournalEntry[], phase: Phase, rule: Rule): boolean {
  const samples = entries.filter((entry): entry is Sample => entry.kind === "sample");
  return unusableShare(samples, phase, rule) <= tolerableUnusableShare;
}

/** How much of what the judged class should have seen in a phase says nothing: 1 when it saw nothing at all. */
function unusableShare(samples: readonly Sample[], { fromMs, toMs }: Phase, { periodMs }: Rule): number {
  if (!(toMs > fromMs)) return 0;
  const expected = (toMs - fromMs) / periodMs;
  const usable = samples.filter(
    (sample) =>
      sample.class === judgedClass && sample.dueMs >= fromMs && sample.dueMs < toMs && !isInvalid(sample),
  );
  return Math.max(0, 1 - usable.length / expected);
}

interface Phase {
  fromMs: number;
  toMs: number;
}

function count(samples: readonly Sample[]): Measurement["samples"] {
  const valid = samples.filter((sample) => !isInvalid(sample));
  const good = valid.filter((sample) => sample.good).length;
  return { good, failed: valid.length - good, invalid: samples.length - valid.length };
}

export function findMark<K extends Mark["kind"]>(
  entries: readonly JournalEntry[],
  kind: K,
): Extract<Mark, { kind: K }> | undefined {
  return entries.find((entry): entry is Extract<Mark, { kind: K }> => entry.kind === kind);
}

function seconds(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / 1000;
}
