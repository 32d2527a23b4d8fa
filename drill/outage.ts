import type { Sample, SampleClass } from "../watch/journal.ts";

/** How samples are judged. */
export interface Rule {
  /** Whose samples; those of `fresh` where nothing is said. */
  judged?: SampleClass;
  /** Milliseconds between two samples of a class. */
  periodMs: number;
  /** How long service must hold before an outage counts as over. */
  sustainMs: number;
}

/** A sample sent later than this after it was due says more about the probe than about the plant. */
export const lateMs = 100;

export interface Outage {
  /** When the first request that failed was sent. */
  firstFailedMs: number;
  /** When the first good request of a sustained run was answered; null when there was none. */
  recoveredMs: number | null;
}

export function isInvalid({ dueMs, sentMs }: Sample): boolean {
  return sentMs - dueMs > lateMs;
}

/**
 * The outage in one client class's samples, from the first failure to the start of sustained service.
 * A relapse after that re-opens it. Undefined when no request failed.
 */
export function findOutage(samples: readonly Sample[], rule: Rule): Outage | undefined {
  const ordered = samples.filter((sample) => !isInvalid(sample)).toSorted((a, b) => a.dueMs - b.dueMs);
  const first = ordered.findIndex(({ good }) => !good);
  const firstFailed = ordered[first];
  if (!firstFailed) return undefined;
  let recoveredMs: number | null = null;
  for (let from = first; from < ordered.length;) {
    const start = sustainedFrom(ordered, from, rule);
    if (start === undefined) {
      recoveredMs = null;
      break;
    }
    recoveredMs = ordered[start]?.doneMs ?? null;
    from = relapseAfter(ordered, start, rule);
  }
  return { firstFailedMs: firstFailed.sentMs, recoveredMs };
}

/** Index of the first good sample that begins a window of sustained service, at or after `from`. */
function sustainedFrom(
  ordered: readonly Sample[],
  from: number,
  { periodMs, sustainMs }: Rule,
): number | undefined {
  // Samples that are still on their way are missing from the count, so an unfinished window never passes.
  const needed = Math.floor((sustainMs / periodMs) * 0.95);
  for (let i = from; i < ordered.length; i++) {
    const start = ordered[i];
    if (!start?.good) continue;
    const window = ordered.slice(i).filter(({ dueMs }) => dueMs < start.dueMs + sustainMs);
    const observed = (ordered.at(-1)?.dueMs ?? 0) >= start.dueMs + sustainMs - periodMs * 2;
    if (!observed) return undefined;
    if (window.length >= needed && isSustained(window)) return i;
  }
  return undefined;
}

/** At least 99 % good and never two failures in a row. */
function isSustained(window: readonly Sample[]): boolean {
  const failed = window.filter(({ good }) => !good).length;
  return failed <= window.length * 0.01 && firstDoubleFailure(window, 0) === undefined;
}

/** Index of the first failure after `start` that is one of two in a row, or of more than 1 % within a window; or the end. */
function relapseAfter(ordered: readonly Sample[], start: number, { sustainMs, periodMs }: Rule): number {
  // One alone may be chance, however few samples a window has.
  const allowed = Math.max(1, (sustainMs / periodMs) * 0.01);
  const failures = ordered.slice(start).filter(({ good }) => !good);
  const first = failures.find(
    ({ dueMs }, n) => failures.slice(n).filter((each) => each.dueMs < dueMs + sustainMs).length > allowed,
  );
  const crowd = first ? ordered.indexOf(first) : ordered.length;
  return Math.min(crowd, firstDoubleFailure(ordered, start) ?? ordered.length);
}

function firstDoubleFailure(ordered: readonly Sample[], from: number): number | undefined {
  for (let i = from; i + 1 < ordered.length; i++) {
    if (ordered[i]?.good === false && ordered[i + 1]?.good === false) return i;
  }
  return undefined;
}
