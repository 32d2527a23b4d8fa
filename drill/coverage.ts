import type { JournalEntry, Sample } from "../watch/journal.ts";
import { isInvalid, type Rule } from "./outage.ts";

export interface Phase {
  fromMs: number;
  toMs: number;
}

/** More missing or late samples than this in a phase, and the phase says nothing. */
export const tolerableUnusableShare = 0.05;

/** Enough of a phase was seen for a verdict about it. */
export function saysSomething(entries: readonly JournalEntry[], phase: Phase, rule: Rule): boolean {
  const samples = entries.filter((entry): entry is Sample => entry.kind === "sample");
  return unusableShare(samples, phase, rule) <= tolerableUnusableShare;
}

/** How much of what the judged class should have seen in a phase says nothing: 1 when it saw nothing at all. */
export function unusableShare(
  samples: readonly Sample[],
  { fromMs, toMs }: Phase,
  { periodMs, judged = "fresh" }: Rule,
): number {
  if (!(toMs > fromMs)) return 0;
  const expected = (toMs - fromMs) / periodMs;
  const usable = samples.filter(
    (sample) =>
      sample.class === judged && sample.dueMs >= fromMs && sample.dueMs < toMs && !isInvalid(sample),
  );
  return Math.max(0, 1 - usable.length / expected);
}
