import type { Judgement } from "../drill/verdict.ts";
import { type Scenario, scenarios } from "../drill/scenarios.ts";
import { type SystemName, systems } from "../infra/systems.ts";
import { clientTtlSeconds } from "../infra/topologies.ts";
import { formatDuration } from "./duration.ts";
import { titleOf } from "./lines.ts";

const columns = ["system", "scenario", "promised", "measured", "projected", "to decide", "verdict"] as const;

export interface TableOptions {
  /** TTLs were divided by this; 1 means nothing was shortened. */
  ttlDivisor: number;
  /** Wraps a verdict in a colour; the word itself always stays. */
  paint?: (verdict: Judgement["verdict"], text: string) => string;
}

/** The table a drill ends with. Measured, projected and promised never share a column. */
export function renderTable(
  judgements: readonly Judgement[],
  { ttlDivisor, paint = plain }: TableOptions,
): string {
  const ordered = inPlanOrder(judgements);
  const rows = ordered.map((judgement, i) => {
    const system = scenarios[judgement.scenario].system;
    const repeated = i > 0 && scenarios[ordered[i - 1]?.scenario ?? judgement.scenario].system === system;
    return [repeated ? "" : system, ...cells(judgement, ttlDivisor)];
  });
  const widths = columns.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join("  ")
      .trimEnd();
  const body = rows.map((row, i) =>
    colourLast(line(row), row.at(-1) ?? "", (text) => paint(ordered[i]?.verdict ?? "unproven", text)),
  );
  return [line(columns), ...body, ...notesOn(ordered, ttlDivisor)].join("\n");
}

/** "6 kept, 1 missed (accepted), 0 unproven". */
export function renderCounts(judgements: readonly Judgement[]): string {
  const of = (verdict: Judgement["verdict"]) =>
    judgements.filter((judgement) => judgement.verdict === verdict);
  const missed = of("missed");
  const accepted = missed.length > 0 && missed.every((judgement) => judgement.accepted) ? " (accepted)" : "";
  return `${of("kept").length} kept, ${missed.length} missed${accepted}, ${of("unproven").length} unproven`;
}

function cells(judgement: Judgement, ttlDivisor: number): string[] {
  const { measured, projected, promised, scenario } = judgement;
  const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const star = ttlDivisor > 1 && touchesTtl(judgement) ? "*" : "";
  return [
    titleOf(scenario),
    `≤ ${formatDuration(promised.rtoSeconds)}`,
    measured[clock] === null ? "–" : `${durationCell(measured[clock], measured.resolutionSeconds)}${star}`,
    projected[clock] === null ? "–" : durationCell(projected[clock], measured.resolutionSeconds),
    timeToDecide(judgement),
    verdictCell(judgement),
  ];
}

/** No failed sample is not the same as no outage: one may hide between two samples. */
function durationCell(seconds: number, resolutionSeconds: number): string {
  return seconds === 0 ? `0 ± ${resolutionSeconds} s` : formatDuration(seconds);
}

function timeToDecide({ scenario, timeToDecideSeconds }: Judgement): string {
  const { topology, tries }: Scenario = scenarios[scenario];
  if (!topology && !tries) return "nobody acts";
  if (timeToDecideSeconds === null) return "–";
  return timeToDecideSeconds < 0 ? "none" : formatDuration(timeToDecideSeconds);
}

function verdictCell(judgement: Judgement): string {
  const { failbackVerdict } = judgement;
  const failback =
    failbackVerdict === "kept" || failbackVerdict === null ? "" : `; failback ${failbackVerdict}`;
  return `${describeVerdict(judgement)}${failback}`;
}

function describeVerdict({ verdict, reason, accepted, condition, early }: Judgement): string {
  if (accepted) return `${verdict} (accepted until ${accepted.until})`;
  if (reason) return `${verdict} (${reason})`;
  const conditional = condition ? `${verdict} if ${condition}` : verdict;
  return early ? `${conditional}, early` : conditional;
}

function touchesTtl({ parts, measured }: Judgement): boolean {
  return measured.rtoOutageSeconds !== null && parts.some(({ name }) => name === "DNS answer expires");
}

/** What the table's marks and words mean, as far as this table uses them. */
function notesOn(judgements: readonly Judgement[], ttlDivisor: number): string[] {
  const accepted = judgements.flatMap(({ scenario, accepted: row }) =>
    row ? [`${scenario}: accepted, ${row.reason}`] : [],
  );
  const shortened = ttlDivisor > 1 && judgements.some((judgement) => touchesTtl(judgement));
  return [
    ...(shortened
      ? [
          `* touches a shortened TTL: ${clientTtlSeconds.proxied / ttlDivisor} s here, ${clientTtlSeconds.proxied} s for real`,
        ]
      : []),
    ...(judgements.some(({ early }) => early) ? ["early: under the minimum of the promise"] : []),
    ...accepted,
  ];
}

function inPlanOrder(judgements: readonly Judgement[]): Judgement[] {
  const order = Object.keys(systems) as SystemName[];
  const place = ({ scenario }: Judgement): number => order.indexOf(scenarios[scenario].system);
  return judgements.toSorted((a, b) => place(a) - place(b));
}

function colourLast(line: string, cell: string, paint: (text: string) => string): string {
  return `${line.slice(0, line.length - cell.length)}${paint(cell)}`;
}

function plain(_verdict: Judgement["verdict"], text: string): string {
  return text;
}
