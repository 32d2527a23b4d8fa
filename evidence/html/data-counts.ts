import type { DataLedger } from "../../drill/data-ledger.ts";

/** One figure of the ledger, and what is counted. */
export interface Count {
  what: string;
  of: (ledger: DataLedger) => number;
  meaning: string;
  /** More than none is a finding. */
  bad?: true;
}

const rows: readonly Count[] = [
  {
    what: "acknowledged",
    of: ({ entries }) => entries.acknowledged,
    meaning: "clients were told that they are kept",
  },
  { what: "lost", of: ({ entries }) => entries.lost, bad: true, meaning: "of them, not there in the end" },
  {
    what: "inexcusable",
    of: ({ entries }) => entries.holes,
    bad: true,
    meaning: "of the lost, those that no forced switch and no restore explains",
  },
  {
    what: "discarded",
    of: ({ entries }) => entries.discarded.rows,
    meaning: "of the acknowledged, left behind with a corrupted database",
  },
  { what: "refused", of: ({ entries }) => entries.rejected, meaning: "clients were told no" },
  { what: "unknown, there", of: ({ entries }) => entries.unknownPresent, meaning: "no answer, and kept" },
  {
    what: "unknown, not there",
    of: ({ entries }) => entries.unknownAbsent,
    meaning: "no answer, and not kept",
  },
  {
    what: "phantom",
    of: ({ entries }) => entries.phantom,
    bad: true,
    meaning: "there, and nobody sent them, or they were refused",
  },
];

const jobs: readonly Count[] = [
  {
    what: "accepted",
    of: ({ jobs: { accepted } }) => accepted,
    meaning: "clients were told that they will be done",
  },
  { what: "done once", of: ({ jobs: { once } }) => once, meaning: "of them, with one effect" },
  {
    what: "duplicated",
    of: ({ jobs: { duplicated } }) => duplicated,
    bad: true,
    meaning: "with more than one effect",
  },
  {
    what: "lost",
    of: ({ jobs: { lost } }) => lost,
    bad: true,
    meaning: "accepted, without an effect, and queued nowhere",
  },
  {
    what: "deferred",
    of: ({ jobs: { deferred } }) => deferred,
    meaning: "done only once what was broken was back",
  },
  {
    what: "waiting",
    of: ({ jobs: { waiting } }) => waiting,
    bad: true,
    meaning: "still queued in the end",
  },
  {
    what: "discarded",
    of: ({ jobs: { discarded } }) => discarded,
    meaning: "left behind with a corrupted database",
  },
  {
    what: "phantom",
    of: ({ jobs: { phantom } }) => phantom,
    bad: true,
    meaning: "known or done, and nobody gave them",
  },
  {
    what: "put aside",
    of: ({ jobs: { poison } }) => poison,
    bad: true,
    meaning: "by workers, though the database knows them",
  },
];

const results: readonly Count[] = [
  { what: "expected", of: ({ blobs }) => blobs.expected, meaning: "one for each job that was done" },
  { what: "missing", of: ({ blobs }) => blobs.missing, bad: true, meaning: "of them, in no region" },
  { what: "wrong", of: ({ blobs }) => blobs.wrong, bad: true, meaning: "of them, with other content" },
];

export const counts = { rows, jobs, results } as const;
