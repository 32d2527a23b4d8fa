import type { JournalEntry, Mark } from "../watch/journal.ts";

type MarkOf<K extends Mark["kind"]> = Extract<Mark, { kind: K }>;

export function findMark<K extends Mark["kind"]>(
  entries: readonly JournalEntry[],
  kind: K,
): MarkOf<K> | undefined {
  return entries.find((entry): entry is MarkOf<K> => entry.kind === kind);
}

export function marksOf<K extends Mark["kind"]>(entries: readonly JournalEntry[], kind: K): MarkOf<K>[] {
  return entries.filter((entry): entry is MarkOf<K> => entry.kind === kind);
}

export function seconds(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / 1000;
}
