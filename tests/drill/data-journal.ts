import { createHash } from "node:crypto";
import { resultOf } from "../../drill/job-ledger.ts";
import type { EntryAttempt, JobAttempt } from "../../watch/attempts.ts";
import type { Found } from "../../watch/found.ts";
import type { JournalEntry, SampleClass } from "../../watch/journal.ts";
import { samples, type Stretch } from "./samples.ts";

const beganAt = Date.parse("2026-12-01T08:00:00.000Z");
const writer = "0b1c7f7e-0000-4000-8000-000000000000";

export function iso(ms: number): string {
  return new Date(beganAt + ms).toISOString();
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** An entry every 100 ms, acknowledged 10 ms after it was sent but in the failing stretches. */
function writes(toMs: number, failing: readonly Stretch[]): EntryAttempt[] {
  let previous = "";
  return Array.from({ length: toMs / 100 }, (_, seq) => {
    const sentMs = seq * 100;
    const fails = failing.some(({ fromMs, toMs: end }) => sentMs >= fromMs && sentMs < end);
    const hash = sha256(`${seq} ${previous}`);
    const entry = { kind: "attempt", what: "entry", writer, seq, previous, hash, sentMs } as const;
    previous = hash;
    return fails
      ? { ...entry, doneMs: sentMs + 2000, outcome: "unknown" }
      : { ...entry, doneMs: sentMs + 10, outcome: "acknowledged", committedAt: iso(sentMs + 5) };
  });
}

/** A job every 250 ms, accepted but in the failing stretches. */
function jobs(toMs: number, failing: readonly Stretch[]): JobAttempt[] {
  return Array.from({ length: toMs / 250 }, (_, i) => {
    const sentMs = i * 250 + 50;
    const fails = failing.some(({ fromMs, toMs: end }) => sentMs >= fromMs && sentMs < end);
    const job = { kind: "attempt", what: "job", id: `job-${i}`, payload: `work ${i}`, sentMs } as const;
    return { ...job, doneMs: sentMs + 10, outcome: fails ? "unknown" : "acknowledged" };
  });
}

/** What is there when everything that was acknowledged is kept and done. */
export function allOf(attempts: readonly (EntryAttempt | JobAttempt)[]): Found {
  const kept = attempts.filter(({ outcome }) => outcome === "acknowledged");
  const done = kept.filter((attempt) => attempt.what === "job");
  return {
    entries: kept
      .filter((attempt) => attempt.what === "entry")
      .map(({ seq, previous, hash, committedAt = "" }) => ({ writer, seq, previous, hash, committedAt })),
    discarded: [],
    jobs: done.map(({ id }) => ({ id })),
    effects: done.map(({ id }) => ({ job: id, count: 1 })),
    blobs: done.map(({ id, payload }) => ({ name: `results/${id}`, hash: sha256(resultOf(payload)) })),
    stillQueued: { primary: 0, secondary: 0 },
    poison: [],
  };
}

export interface DataCase {
  failing?: Stretch[];
  /** Changes what is found in the end. */
  found?: (all: Found) => Found;
  /** How the switch is made. */
  forced?: boolean;
  restore?: { atMs: number; corruptedMs: number };
  more?: JournalEntry[];
}

/** Fault at 5 s, switch at 8 s, writes move at 9 s, lift at 20 s, the way back from 20.5 s to 25 s. */
export function dataJournal({ failing = [], found = (all) => all, ...how }: DataCase = {}): JournalEntry[] {
  const attempts = [...writes(25_000, failing), ...jobs(25_000, failing)];
  const request = `POST /failoverGroups/g/${how.forced ? "forceFailoverAllowDataLoss" : "failover"}`;
  const classes: SampleClass[] = ["fresh", "writes", "jobs"];
  const point = how.restore && { at: iso(how.restore.atMs), corruptedAt: iso(how.restore.corruptedMs) };
  return [
    { kind: "began", atMs: 0, at: iso(0) },
    { kind: "fault", atMs: 5000, fault: "database-server-lost" },
    { kind: "proof", atMs: 6000, fault: "database-server-lost", proven: true, evidence: "sql: silent" },
    ...(point ? [{ kind: "restore-point" as const, atMs: 7500, ...point }] : []),
    { kind: "switch", atMs: 8000, topology: "database-secondary" },
    ...(how.restore
      ? []
      : [{ kind: "write" as const, atMs: 9000, durationMs: 500, what: "promotion" as const, request }]),
    { kind: "lift", atMs: 20_000, fault: "database-server-lost" },
    { kind: "back-begin", atMs: 20_500, topology: "normal" },
    { kind: "back-end", atMs: 25_000 },
    { kind: "end", atMs: 25_000 },
    ...classes.flatMap((name) => samples({ fromMs: 0, toMs: 25_000 }, failing, name)),
    ...attempts,
    ...(how.more ?? []),
    { kind: "drained", atMs: 29_000 },
    { kind: "reconciled", atMs: 30_000, found: found(allOf(attempts)) },
  ];
}

/** Without the entries of these numbers. */
export function without(all: Found, gone: (seq: number) => boolean): Found {
  return { ...all, entries: all.entries.filter(({ seq }) => !gone(seq)) };
}
