import type { DataLedger } from "../../drill/data-ledger.ts";
import type { Judgement } from "../../drill/verdict.ts";
import { formatDuration } from "../duration.ts";
import { type Count, counts } from "./data-counts.ts";
import { list, markup, type Markup, type Piece, table } from "./markup.ts";

/** What became of what clients wrote and gave; null where nobody looked. */
export function dataOf(judgement: Judgement): Markup | null {
  const { ledger } = judgement.measured;
  if (!ledger) return null;
  const tables = Object.entries(counts).map(([name, of]) => tableOf(name, of, ledger));
  return markup`${list(lossOf(judgement))}<div class="thirds">
${tables}</div>
${findings(ledger)}`;
}

function tableOf(caption: string, of: readonly Count[], ledger: DataLedger): Markup {
  const rows = of.map((each): Piece[] => {
    const count = each.of(ledger);
    return [each.what, each.bad && count > 0 ? markup`<b class="missed">${count}</b>` : count];
  });
  return markup`<div>${table({ caption, head: ["what became of them", "count"], rows, figures: [1] })}</div>
`;
}

/** What was known before the switch beside what came of it. */
function lossOf({ measured, projected, promised }: Judgement): (readonly [string, Piece])[] {
  const figure = (seconds: number | null) => (seconds === null ? "everything" : formatDuration(seconds));
  const bound = promised.rpoSeconds === null ? "none" : `at most ${formatDuration(promised.rpoSeconds)}`;
  const { restore } = measured;
  return [
    ...measured.expectedLoss.map(({ text }) => ["Expected", text] as const),
    ...(restore ? [["Restored", `to ${restore.at}; corrupted at ${restore.corruptedAt}`] as const] : []),
    [
      "RPO",
      `measured ${figure(measured.rpoSeconds)} · projected ${figure(projected.rpoSeconds)} · promised ${bound}`,
    ],
  ];
}

function findings({ corruption }: DataLedger): Markup {
  return corruption.length === 0
    ? markup`<p>Nothing is wrong that a loss of time does not explain.</p>
`
    : markup`<p><b class="missed">Corrupt:</b> ${corruption.join("; ")}.</p>
`;
}
