import type { DataLedger } from "../drill/data-ledger.ts";
import type { Measurement } from "../drill/measure.ts";
import { formatDuration } from "./duration.ts";

/** What became of the data, a line each for what was written and what was to be done; none where nobody looked. */
export function dataLines({ ledger, ...measured }: Measurement): string[] {
  if (!ledger) return [];
  return [rowsOf(ledger), ...lossOf(measured), jobsOf(ledger), ...backlogOf(measured)];
}

function rowsOf({ entries, rpoSeconds }: DataLedger): string {
  const { acknowledged, rejected, unknown, unknownPresent, lost } = entries;
  const far = rpoSeconds === null ? "all of them" : formatDuration(rpoSeconds);
  return [
    `rows: ${acknowledged} acknowledged, ${lost} of them lost${lost > 0 ? ` (${far})` : ""}`,
    `${rejected} refused`,
    `${unknown} without an answer${unknown > 0 ? ` (${unknownPresent} are there)` : ""}`,
  ].join(", ");
}

function jobsOf({ jobs, blobs }: DataLedger): string {
  const { accepted, once, duplicated, lost, deferred, waiting } = jobs;
  const late = deferred > 0 ? ` (${deferred} of them only after the fault was lifted)` : "";
  return [
    `jobs: ${accepted} accepted, ${once} done once${late}, ${duplicated} more than once, ${lost} lost`,
    ...(waiting > 0 ? [`${waiting} still queued`] : []),
    `results: ${blobs.expected - blobs.missing - blobs.wrong} of ${blobs.expected} as they should be`,
  ].join("; ");
}

/** What was said before the switch beside what came of it, and both halves of what a restore costs. */
function lossOf({ restore, expectedLoss, rpoSeconds }: Omit<Measurement, "ledger">): string[] {
  const expected = expectedLoss.map(
    ({ what, text }) => `${what}: expected before the switch: ${text}; lost: ${lostText(rpoSeconds)}`,
  );
  if (!restore) return expected;
  return [
    ...expected,
    `restored to ${restore.at}, corrupted at ${restore.corruptedAt}: ${lostText(rpoSeconds)} lost on purpose`,
  ];
}

function lostText(seconds: number | null): string {
  if (seconds === null) return "everything";
  return seconds === 0 ? "nothing" : formatDuration(seconds);
}

function backlogOf({ backlogSeconds }: Omit<Measurement, "ledger">): string[] {
  return backlogSeconds === null ? [] : [`backlog under its bound in ${formatDuration(backlogSeconds)}`];
}

/** What a restore takes away that was good: writes after the corruption. */
export function discardedLines({ ledger, restore }: Measurement): string[] {
  if (!ledger || !restore) return [];
  const { seconds, rows, jobs } = ledger.discardedAfterRestore;
  return [
    rows + jobs === 0
      ? "nothing that was written after the corruption was acknowledged, so nothing good is discarded with it"
      : `discarded with the corrupted database: ${rows} good rows and ${jobs} jobs of ${formatDuration(seconds)} after the corruption`,
  ];
}
