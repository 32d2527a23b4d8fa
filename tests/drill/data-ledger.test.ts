import test from "ava";
import { type DataLedger, dataLedgerOf } from "../../drill/data-ledger.ts";
import type { Found } from "../../watch/found.ts";
import { allOf, type DataCase, dataJournal, without } from "./data-journal.ts";

/** Nobody is answered between the fault and the promotion. */
const lost: DataCase = { failing: [{ fromMs: 5000, toMs: 9500 }], forced: true };

function ledger(how: DataCase): DataLedger {
  const found = dataLedgerOf(dataJournal(how));
  if (!found) throw new Error("nobody looked");
  return found;
}

test("where everything acknowledged is there, nothing is lost and nothing is wrong", (t) => {
  const { entries, jobs, blobs, rpoSeconds, corruption } = ledger(lost);
  t.like(entries, { acknowledged: 205, rejected: 0, unknown: 45, lost: 0, phantom: 0, holes: 0 });
  t.like(jobs, { accepted: 82, once: 82, duplicated: 0, lost: 0, deferred: 0, waiting: 0 });
  t.deepEqual(blobs, { expected: 82, missing: 0, wrong: 0 });
  t.is(rpoSeconds, 0);
  t.deepEqual(corruption, []);
});

test("nobody looked: no ledger", (t) => {
  t.is(dataLedgerOf(dataJournal().filter(({ kind }) => kind !== "reconciled")), null);
});

test("what the replica lacked at a forced promotion is the RPO, and no corruption", (t) => {
  const { entries, rpoSeconds, corruption } = ledger({
    ...lost,
    found: (all) => without(all, (seq) => seq >= 45 && seq < 50),
  });
  t.is(entries.lost, 5);
  t.is(entries.holes, 0);
  // From the commit of row 44 at 4.405 s to the fault at 5 s.
  t.is(rpoSeconds, 0.595);
  t.deepEqual(corruption, []);
});

test("a job that went with the last rows is lost with them, and counts in the RPO", (t) => {
  const { jobs, rpoSeconds, corruption } = ledger({
    ...lost,
    found: (all) => ({ ...withoutJob(all, "job-17"), poison: ['{"job":"job-17"}'] }),
  });
  t.like(jobs, { lost: 1, forgotten: 1, stuck: 0, poison: 0 });
  t.is(rpoSeconds, 0.69);
  t.deepEqual(corruption, []);
});

test("a job that the new primary accepted is excused by no promotion", (t) => {
  const { jobs, corruption } = ledger({ ...lost, found: (all) => withoutJob(all, "job-60") });
  t.like(jobs, { forgotten: 1, inexcusable: 1 });
  t.regex(corruption.join(), /^1 accepted job is not known any more/);
});

test("an unknown row may be there or not", (t) => {
  const attempts = dataJournal(lost).filter((entry) => entry.kind === "attempt");
  const rows = attempts.filter((attempt) => attempt.what === "entry" && attempt.outcome === "unknown");
  const [row] = allOf(rows.map((attempt) => ({ ...attempt, outcome: "acknowledged" as const }))).entries;
  if (!row) throw new Error("every row was answered");
  const { entries, corruption } = ledger({
    ...lost,
    found: (all) => ({ ...all, entries: [...all.entries, row] }),
  });
  t.like(entries, { unknownPresent: 1, unknownAbsent: 44, phantom: 0 });
  t.deepEqual(corruption, []);
});

test("a restore discards what came after the corruption; what it took back is not called lost by chance", (t) => {
  const { entries, jobs, discardedAfterRestore, rpoSeconds, corruption } = ledger({
    restore: { atMs: 3000, corruptedMs: 5000 },
    failing: [{ fromMs: 7000, toMs: 9500 }],
    found: (all) => asRestored(all),
  });
  // Rows 30 to 49 went back with the restore; 50 to 69 were acknowledged by a corrupted database.
  t.like(entries, { lost: 20, holes: 0, phantom: 0 });
  t.deepEqual(discardedAfterRestore, { seconds: 1.905, rows: 20, jobs: 8 });
  t.is(jobs.lost, 8);
  t.is(rpoSeconds, 2.095);
  t.deepEqual(corruption, []);
});

/** As of 3 s; written to again from 9.5 s on. */
function asRestored(all: Found): Found {
  const kept = (id: string): boolean => {
    const sentMs = Number(id.slice(4)) * 250 + 50;
    return sentMs < 3000 || sentMs >= 9500;
  };
  return {
    ...without(all, (seq) => seq >= 30 && seq < 95),
    discarded: all.entries.filter(({ seq }) => seq < 70),
    jobs: all.jobs.filter(({ id }) => kept(id)),
    effects: all.effects.filter(({ job }) => kept(job)),
  };
}

test("jobs that a dead region held until it was back are deferred, not lost", (t) => {
  const held = (all: Found): Found => ({
    ...all,
    effects: all.effects.filter(({ job }) => !["job-10", "job-11"].includes(job)),
    stillQueued: { primary: 2, secondary: 0 },
  });
  const attempts = dataJournal().filter((entry) => entry.kind === "attempt");
  const degraded = { kind: "reconciled", atMs: 19_000, found: held(allOf(attempts)) } as const;
  const early = { ...degraded, found: { ...degraded.found, effects: [] } };
  t.like(ledger({ more: [degraded] }).jobs, { deferred: 2, lost: 0, once: 100 });
  // What was given in the last 4 s before somebody looked is on its way.
  t.is(ledger({ more: [early] }).jobs.deferred, 60);
});

test("what is still queued in the end is neither lost nor done", (t) => {
  const { jobs, corruption } = ledger({
    found: (all) => ({ ...withoutEffect(all, "job-3"), stillQueued: { primary: 1, secondary: 0 } }),
  });
  t.like(jobs, { waiting: 1, lost: 0, once: 99 });
  t.deepEqual(corruption, []);
});

/** Every detector turns red from a journal in which all is well. */
const detectors: Record<string, [found: (all: Found) => Found, finding: RegExp]> = {
  "a dropped write": [(all) => without(all, (seq) => seq === 249), /^1 acknowledged row is missing/],
  "a hole before the fault": [(all) => without(all, (seq) => seq === 20), /^1 acknowledged row is missing/],
  "a row that nobody wrote": [
    (all) => ({ ...all, entries: [...all.entries, { ...all.entries[0]!, seq: 9999 }] }),
    /^1 row that nobody wrote/,
  ],
  "a row of another writer": [
    (all) => ({ ...all, entries: [...all.entries, { ...all.entries[0]!, writer: "somebody" }] }),
    /^1 row that nobody wrote/,
  ],
  "a row with another hash": [
    (all) => ({ ...all, entries: all.entries.map((row) => (row.seq === 7 ? { ...row, hash: "x" } : row)) }),
    /^1 acknowledged row is missing .*; 1 row that nobody wrote/,
  ],
  "a row that hangs on another one": [
    (all) => ({
      ...all,
      entries: all.entries.map((row) => (row.seq === 7 ? { ...row, previous: "x" } : row)),
    }),
    /1 row that nobody wrote/,
  ],
  "a duplicated effect": [
    (all) => ({
      ...all,
      effects: all.effects.map((row) => (row.job === "job-5" ? { ...row, count: 2 } : row)),
    }),
    /^1 job was done more than once/,
  ],
  "an effect of a job that nobody gave": [
    (all) => ({ ...all, effects: [...all.effects, { job: "stranger", count: 1 }] }),
    /1 job that nobody gave/,
  ],
  "a job that nobody will ever do": [
    (all) => withoutEffect(all, "job-5"),
    /^1 accepted job has no effect and is queued nowhere/,
  ],
  "a job that is not known any more": [
    (all) => withoutJob(all, "job-5"),
    /^1 accepted job is not known any more/,
  ],
  "a job that was put aside": [
    (all) => ({ ...withoutEffect(all, "job-5"), poison: ['{"job":"job-5"}'] }),
    /^1 job was put aside/,
  ],
  "a message that names no job": [(all) => ({ ...all, poison: ["?"] }), /^1 job was put aside/],
  "a changed blob": [
    (all) => ({ ...all, blobs: all.blobs.map((blob, i) => (i === 5 ? { ...blob, hash: "x" } : blob)) }),
    /^1 result is not what it should be/,
  ],
  "a missing blob": [(all) => ({ ...all, blobs: all.blobs.slice(1) }), /^1 result is missing/],
};

for (const [what, [found, finding]] of Object.entries(detectors)) {
  test(`${what} is noticed`, (t) => {
    const { corruption } = ledger({ found });
    t.is(corruption.length > 0, true);
    t.regex(corruption.join("; "), finding);
  });
}

test("a hole is one after a forced promotion, too: a later row of the same time is there", (t) => {
  const { entries } = ledger({ ...lost, found: (all) => without(all, (seq) => seq === 40) });
  t.is(entries.holes, 1);
});

test("a row that was acknowledged after the promotion and is gone was taken by two primaries", (t) => {
  const { entries } = ledger({ ...lost, found: (all) => without(all, (seq) => seq === 100) });
  t.is(entries.holes, 1);
});

test("a restored database that lacks more than it was asked to is corrupt", (t) => {
  const { corruption } = ledger({
    restore: { atMs: 3000, corruptedMs: 5000 },
    failing: [{ fromMs: 5000, toMs: 9500 }],
    found: (all) => without(all, (seq) => seq >= 15 && seq < 95),
  });
  t.regex(corruption.join(), /lacks 1\.\d s before its restore point/);
});

test("nothing left of what was written has no RPO", (t) => {
  t.is(ledger({ ...lost, found: (all) => without(all, (seq) => seq < 95) }).rpoSeconds, null);
});

function withoutEffect(all: Found, id: string): Found {
  return {
    ...all,
    effects: all.effects.filter(({ job }) => job !== id),
    blobs: all.blobs.filter(({ name }) => name !== `results/${id}`),
  };
}

function withoutJob(all: Found, gone: string): Found {
  return { ...withoutEffect(all, gone), jobs: all.jobs.filter(({ id }) => id !== gone) };
}
