import type { Found } from "../../watch/found.ts";
import type { JournalEntry, Mark } from "../../watch/journal.ts";
import { markup, type Markup, table } from "./markup.ts";
import type { JournalFile } from "./played.ts";

interface Line {
  mark: Mark;
  /** In the journal. */
  line: number;
}

/** Every mark of a journal in the order of time, with the line that it stands in. */
export function timeline({ file, entries }: Omit<JournalFile, "sha256">, faultMs: number): Markup {
  const marks = marksIn(entries);
  const told = marks.filter(({ mark }, i) => mark.kind !== "backlog" || crosses(mark, marks.slice(0, i)));
  const rows = told.map(({ mark, line }) => [
    `${((mark.atMs - faultMs) / 1000).toFixed(1)} s`,
    mark.kind,
    detailOf(mark),
    line,
  ]);
  return markup`<details><summary>Journal ${file}: ${told.length} events</summary>
${table({ caption: "Events, in seconds from the fault", head: ["at", "event", "as written down", "line"], rows, figures: [0, 3] })}</details>
`;
}

function marksIn(entries: readonly JournalEntry[]): Line[] {
  return entries
    .flatMap((entry, i) =>
      entry.kind === "sample" || entry.kind === "attempt" ? [] : [{ mark: entry, line: i + 1 }],
    )
    .toSorted((a, b) => a.mark.atMs - b.mark.atMs);
}

/** Counts come four times a second; those are told with which the bound is passed. */
function crosses({ count, bound }: { count: number; bound: number }, before: readonly Line[]): boolean {
  const last = before.findLast(({ mark }) => mark.kind === "backlog")?.mark;
  const wasOver = last?.kind === "backlog" && last.count > last.bound;
  return count > bound !== wasOver;
}

function detailOf({ kind: _kind, atMs: _atMs, ...fields }: Mark): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => (key === "found" ? countsOf(value as Found) : `${wordsOf(key)} ${textOf(value)}`))
    .join(", ");
}

/** "durationMs" as "duration ms". */
function wordsOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A value as a reader needs it: the subscription is always the local plant's. */
function textOf(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toFixed(1)));
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value.replace(/\/subscriptions\/[0-9-]{36}/, "…");
  if (Array.isArray(value)) return value.map((each) => textOf(each)).join(" + ");
  return Object.entries(value ?? {})
    .map(([key, each]) => `${key} ${textOf(each)}`)
    .join(" ");
}

function countsOf({ entries, discarded, jobs, effects, blobs, poison, stillQueued }: Found): string {
  const queued = Object.entries(stillQueued).map(([account, count]) => `${account} ${count}`);
  return [
    `rows ${entries.length}`,
    `left behind ${discarded.length}`,
    `jobs ${jobs.length}`,
    `done ${effects.length}`,
    `results ${blobs.length}`,
    `put aside ${poison.length}`,
    `queued ${queued.join(" ")}`,
  ].join(", ");
}
