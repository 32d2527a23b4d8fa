import type { Ledger } from "../../drill/ledger.ts";
import type { Judgement } from "../../drill/verdict.ts";
import { formatDuration } from "../duration.ts";
import { markup, type Markup, type Piece, table } from "./markup.ts";

/** What became of what clients wrote and gave; null where nobody looked. */
export function dataOf(judgement: Judgement): Markup | null {
  const { ledger } = judgement.measured;
  if (!ledger) return null;
  return markup`${lossOf(judgement)}
<div class="thirds">
${countsOf("Rows", rowsOf(ledger))}${countsOf("Jobs", jobsOf(ledger))}${countsOf("Results of jobs", blobsOf(ledger))}</div>
${corruptionOf(ledger)}`;
}

interface Count {
  what: string;
  count: number;
  /** More than none is a finding. */
  bad?: true;
  meaning: string;
}

function countsOf(caption: string, counts: readonly Count[]): Markup {
  const rows = counts.map(({ what, count, bad, meaning }): Piece[] => [
    markup`${what} <small>${meaning}</small>`,
    bad && count > 0 ? markup`<b class="missed">${count}</b>` : count,
  ]);
  return markup`<div>${table({ caption, head: ["what", "count"], rows, figures: [1] })}</div>
`;
}

function rowsOf({ entries }: Ledger): Count[] {
  return [
    { what: "acknowledged", count: entries.acknowledged, meaning: "clients were told that they are kept" },
    { what: "lost", count: entries.lost, bad: true, meaning: "of them, not there in the end" },
    {
      what: "inexcusable",
      count: entries.holes,
      bad: true,
      meaning: "of the lost, those that no forced switch explains",
    },
    {
      what: "discarded",
      count: entries.discarded.rows,
      meaning: "of them, left behind with a corrupted database",
    },
    { what: "refused", count: entries.rejected, meaning: "clients were told no" },
    { what: "unknown, there", count: entries.unknownPresent, meaning: "no answer, and kept" },
    { what: "unknown, not there", count: entries.unknownAbsent, meaning: "no answer, and not kept" },
    { what: "phantom", count: entries.phantom, bad: true, meaning: "there, and nobody sent them" },
  ];
}

function jobsOf({ jobs }: Ledger): Count[] {
  return [
    { what: "accepted", count: jobs.accepted, meaning: "clients were told that they will be done" },
    { what: "done once", count: jobs.once, meaning: "of them, with one effect" },
    { what: "duplicated", count: jobs.duplicated, bad: true, meaning: "with more than one effect" },
    { what: "lost", count: jobs.lost, bad: true, meaning: "no effect, and queued nowhere" },
    { what: "deferred", count: jobs.deferred, meaning: "done only once what was broken was back" },
    { what: "waiting", count: jobs.waiting, bad: true, meaning: "still queued in the end" },
    { what: "discarded", count: jobs.discarded, meaning: "left behind with a corrupted database" },
    { what: "phantom", count: jobs.phantom, bad: true, meaning: "known or done, and nobody gave them" },
    {
      what: "put aside",
      count: jobs.poison,
      bad: true,
      meaning: "by workers, though the database knows them",
    },
  ];
}

function blobsOf({ blobs }: Ledger): Count[] {
  return [
    { what: "expected", count: blobs.expected, meaning: "one for each job that was done" },
    { what: "missing", count: blobs.missing, bad: true, meaning: "of them, in no region" },
    { what: "wrong", count: blobs.wrong, bad: true, meaning: "of them, with other content" },
  ];
}

function lossOf({ measured, projected, promised }: Judgement): Markup {
  const figure = (seconds: number | null) => (seconds === null ? "everything" : formatDuration(seconds));
  const bound =
    promised.rpoSeconds === null
      ? "the plan promises none here"
      : `promised at most ${formatDuration(promised.rpoSeconds)}`;
  const { restore } = measured;
  const expected = measured.expectedLoss.map(({ what, text }): Piece[] => [`expected for the ${what}`, text]);
  const restored: Piece[][] = restore
    ? [
        ["restore point", restore.at],
        ["corrupted", restore.corruptedAt],
      ]
    : [];
  const rpo: Piece[] = [
    "RPO",
    markup`measured ${figure(measured.rpoSeconds)}, projected ${figure(projected.rpoSeconds)}, ${bound}`,
  ];
  return table({
    caption: "What may be lost, and what was",
    head: ["what", "figure"],
    rows: [...expected, ...restored, rpo],
  });
}

function corruptionOf({ corruption }: Ledger): Markup {
  if (corruption.length === 0)
    return markup`<p>No finding: nothing is wrong that the loss above does not explain.</p>
`;
  return markup`<p><b class="missed">Corrupt:</b> ${corruption.join("; ")}.</p>
`;
}
