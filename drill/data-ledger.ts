import type { Attempt, EntryAttempt, JobAttempt } from "../watch/attempts.ts";
import type { JournalEntry } from "../watch/journal.ts";
import { type EntryLedger, entryLedger } from "./entry-ledger.ts";
import { type Epochs, epochsOf } from "./epochs.ts";
import { type BlobLedger, blobLedger, type JobLedger, jobLedger, restoreToleranceMs } from "./job-ledger.ts";
import { marksOf } from "./marks.ts";

/** What clients were told, held against what is there in the end. */
export interface DataLedger {
  entries: EntryLedger;
  jobs: JobLedger;
  blobs: BlobLedger;
  /** The larger of rows' and jobs'. Null: nothing of this run is left. */
  rpoSeconds: number | null;
  /** What the restored database lacks on purpose: good writes after the corruption. */
  discardedAfterRestore: { seconds: number; rows: number; jobs: number };
  /** Findings that no loss of time excuses, each a sentence's half. */
  corruption: string[];
}

/** From the journal alone; null where nobody looked at what is there. */
export function dataLedgerOf(entries: readonly JournalEntry[]): DataLedger | null {
  const looks = marksOf(entries, "reconciled");
  const last = looks.at(-1);
  if (!last) return null;
  const epochs = epochsOf(entries);
  const attempts = entries.filter((entry): entry is Attempt => entry.kind === "attempt");
  const degraded = looks.find((look) => look !== last && look.atMs < epochs.liftMs) ?? null;
  const rows = attempts.filter((attempt): attempt is EntryAttempt => attempt.what === "entry");
  const given = attempts.filter((attempt): attempt is JobAttempt => attempt.what === "job");
  const written = entryLedger(rows, last.found, epochs);
  const jobs = jobLedger(given, { found: last.found, degraded }, epochs);
  const blobs = blobLedger(given, last.found);
  return {
    entries: written,
    jobs,
    blobs,
    rpoSeconds: written.rpoSeconds === null ? null : Math.max(written.rpoSeconds, jobs.rpoSeconds),
    discardedAfterRestore: { ...written.discarded, jobs: jobs.discarded },
    corruption: corruptionOf({ entries: written, jobs, blobs }, epochs),
  };
}

type Counts = Pick<DataLedger, "entries" | "jobs" | "blobs">;

function corruptionOf({ entries, jobs, blobs }: Counts, epochs: Epochs): string[] {
  const found: readonly (readonly [count: number, one: string, several: string])[] = [
    [
      entries.holes,
      "acknowledged row is missing that nothing excuses",
      "acknowledged rows are missing that nothing excuses",
    ],
    [entries.phantom, "row that nobody wrote", "rows that nobody wrote"],
    [jobs.duplicated, "job was done more than once", "jobs were done more than once"],
    [
      jobs.stuck,
      "accepted job has no effect and is queued nowhere",
      "accepted jobs have no effect and are queued nowhere",
    ],
    [jobs.inexcusable, "accepted job is not known any more", "accepted jobs are not known any more"],
    [jobs.phantom, "job that nobody gave", "jobs that nobody gave"],
    [jobs.poison, "job was put aside", "jobs were put aside"],
    [blobs.missing, "result is missing", "results are missing"],
    [blobs.wrong, "result is not what it should be", "results are not what they should be"],
  ];
  const counted = found.flatMap(([count, one, several]) =>
    count === 0 ? [] : [`${count} ${count === 1 ? one : several}`],
  );
  return [...counted, ...olderThanItsPoint(entries, epochs)];
}

/** The restored database must hold everything up to the point that it was asked for. */
function olderThanItsPoint({ rpoSeconds }: EntryLedger, { restored }: Epochs): string[] {
  if (!restored || rpoSeconds === null) return [];
  const over = rpoSeconds - (restored.corruptedMs - restored.pointMs) / 1000;
  return over > restoreToleranceMs / 1000
    ? [`the restored database lacks ${over.toFixed(1)} s before its restore point`]
    : [];
}
