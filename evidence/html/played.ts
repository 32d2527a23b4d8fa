import type { Facts } from "../../drill/drill.ts";
import { sampleClasses } from "../../drill/judged.ts";
import { findMark } from "../../drill/marks.ts";
import { isInvalid } from "../../drill/outage.ts";
import type { ScenarioName } from "../../drill/scenarios.ts";
import { realTime, rehearsal, type Timing } from "../../drill/stage.ts";
import type { Judgement } from "../../drill/verdict.ts";
import type { JournalEntry, Sample, SampleClass } from "../../watch/journal.ts";

/** A journal as it lies in the evidence folder. */
export interface JournalFile {
  /** Of the file; the entry with index 0 is its first line. */
  file: string;
  entries: readonly JournalEntry[];
  lines: number;
  /** Of the whole file, in hex. */
  sha256: string;
}

/** What a report is made of; nothing else goes into it, so that the same evidence makes the same bytes. */
export interface Evidence {
  facts: Facts;
  judgements: readonly Judgement[];
  /** The scenario that was begun and not judged, and the code of what stopped the drill. */
  stopped: { scenario: ScenarioName; reason: string } | null;
  /** Of the scenarios and of the control run. */
  journals: readonly JournalFile[];
  /** What speaks against the evidence itself, each a sentence. */
  doubts: readonly string[];
}

/** One scenario that was played and judged. */
export interface Played {
  judgement: Judgement;
  journal: JournalFile;
  timing: Timing;
}

export function timingOf({ realTime: isRealTime }: Facts): Timing {
  return isRealTime ? realTime : rehearsal;
}

export function journalNameOf(scenario: ScenarioName): string {
  return `${scenario}.jsonl`;
}

/** The moments of a scenario, in the journal's milliseconds; null where it did not come to that. */
export interface Moments {
  faultMs: number;
  firstFailedMs: number | null;
  seenMs: number | null;
  switchMs: number | null;
  /** When `pulumi up` had ended, or was given up. */
  switchedMs: number | null;
  /** The first good answer of sustained service; null where nothing failed, or it never came back. */
  recoveredMs: number | null;
  liftMs: number | null;
  backMs: number | null;
  endMs: number;
}

export function momentsOf({ judgement: { measured }, journal: { entries } }: Played): Moments {
  const at = (kind: Parameters<typeof findMark>[1]) => findMark(entries, kind)?.atMs ?? null;
  const judged = samplesOf(entries, measured.judged);
  const faultMs = at("fault") ?? 0;
  const liftMs = at("lift") ?? at("back-begin");
  const broken = judged.filter(({ doneMs, sentMs }) => doneMs >= faultMs && sentMs < (liftMs ?? Infinity));
  const firstFailed = broken.find((sample) => !sample.good && !isInvalid(sample));
  const outage = measured.rtoOutageSeconds;
  const fromMs = firstFailed?.sentMs ?? faultMs;
  return {
    faultMs,
    firstFailedMs: firstFailed?.sentMs ?? null,
    seenMs: at("seen"),
    switchMs: at("switch"),
    switchedMs: at("switched") ?? at("refused"),
    recoveredMs: outage === null || outage === 0 ? null : fromMs + outage * 1000,
    liftMs,
    backMs: at("back-begin"),
    endMs: at("back-end") ?? at("end") ?? judged.at(-1)?.doneMs ?? faultMs,
  };
}

/** Those of one class, in the order in which they were due. */
export function samplesOf(entries: readonly JournalEntry[], name: SampleClass): Sample[] {
  return entries
    .filter((entry): entry is Sample => entry.kind === "sample" && entry.class === name)
    .toSorted((a, b) => a.dueMs - b.dueMs);
}

/** The classes that were there, the judged one first. */
export function classesOf({ judgement: { measured }, journal: { entries } }: Played): SampleClass[] {
  const there = new Set(entries.flatMap((entry) => (entry.kind === "sample" ? [entry.class] : [])));
  const names = sampleClasses.filter((name) => there.has(name));
  return names.toSorted((a, b) => Number(b === measured.judged) - Number(a === measured.judged));
}
