import type { JournalEntry } from "../watch/journal.ts";
import { marksOf } from "./marks.ts";

/**
 * When what waits was under its bound for good, as far as it was counted before `untilMs`. Undefined where nobody
 * counted, null where it never was.
 */
export function backlogUnderMs(entries: readonly JournalEntry[], untilMs: number): number | null | undefined {
  const counts = marksOf(entries, "backlog").filter(({ atMs }) => atMs < untilMs);
  if (counts.length === 0) return undefined;
  const lastOver = counts.findLastIndex(({ count, bound }) => count > bound);
  return counts[lastOver + 1]?.atMs ?? null;
}
