import type { Verdict } from "../drill/ruling.ts";
import { scenarios } from "../drill/scenarios.ts";
import type { Judgement } from "../drill/verdict.ts";
import { type SystemName, systems } from "../infra/systems.ts";
import { notesOn, type Row, rowsOf } from "./table-rows.ts";

const columns = [
  ["system", "system"],
  ["scenario", "scenario"],
  ["promise", "promise"],
  ["promised", "promised"],
  ["measured", "measured"],
  ["projected", "projected"],
  ["decide", "to decide"],
  ["verdict", "verdict"],
] as const satisfies readonly (readonly [keyof Row, string])[];

export interface TableOptions {
  /** TTLs were divided by this; 1 means nothing was shortened. */
  ttlDivisor: number;
  /** Wraps a verdict in a colour; the word itself always stays. */
  paint?: (verdict: Verdict, text: string) => string;
}

/** The table a drill ends with. Measured, projected and promised never share a column. */
export function renderTable(
  judgements: readonly Judgement[],
  { ttlDivisor, paint = plain }: TableOptions,
): string {
  const ordered = inPlanOrder(judgements);
  const rows = ordered.flatMap((judgement) => rowsOf(judgement, ttlDivisor));
  // Where nothing but RTOs is promised, saying so in each line helps nobody.
  const shown = columns.filter(([key]) => key !== "promise" || rows.some(({ promise }) => promise !== "RTO"));
  const cells = rows.map((row, i) => ({
    ...row,
    system: rows[i - 1]?.system === row.system ? "" : row.system,
  }));
  const widths = shown.map(([key, name]) => Math.max(name.length, ...cells.map((row) => row[key].length)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, c) => text.padEnd(widths[c] ?? 0))
      .join("  ")
      .trimEnd();
  const body = cells.map((row) =>
    colourLast(line(shown.map(([key]) => row[key])), row.verdict, (text) => paint(row.of, text)),
  );
  return [line(shown.map(([, name]) => name)), ...body, ...notesOn(ordered, ttlDivisor)].join("\n");
}

/** "6 kept, 1 missed (accepted), 0 unproven". */
export function renderCounts(judgements: readonly Judgement[]): string {
  const of = (verdict: Verdict) => judgements.filter((judgement) => judgement.verdict === verdict);
  const missed = of("missed");
  const accepted = missed.length > 0 && missed.every((judgement) => judgement.accepted) ? " (accepted)" : "";
  const back = judgements.filter(
    ({ failbackVerdict }) => failbackVerdict !== null && failbackVerdict !== "kept",
  );
  const ways = back.length > 0 ? `, ${back.length} of the ways back not kept` : "";
  return `${of("kept").length} kept, ${missed.length} missed${accepted}, ${of("unproven").length} unproven${ways}`;
}

function inPlanOrder(judgements: readonly Judgement[]): Judgement[] {
  const order = Object.keys(systems) as SystemName[];
  const place = ({ scenario }: Judgement): number => order.indexOf(scenarios[scenario].system);
  return judgements.toSorted((a, b) => place(a) - place(b));
}

function colourLast(line: string, cell: string, paint: (text: string) => string): string {
  return `${line.slice(0, line.length - cell.length)}${paint(cell)}`;
}

function plain(_verdict: Verdict, text: string): string {
  return text;
}
