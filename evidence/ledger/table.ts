import { formatDuration } from "../duration.ts";
import type { Ledger } from "./ledger.ts";
import { signs, type Spread, type Stale, type Trend } from "./trend.ts";

const columns = [
  "scenario",
  "mode",
  "n",
  "kept",
  "measured (min · median · max)",
  "projected (min · median · max)",
  "promised",
  "not kept",
  "last judged",
  "runs",
] as const;

/** What rows of a local plant say of theirs. */
const simulation = "simulation";

/** Older runs count, and are not drawn. */
const drawn = 24;

/** The trend of each scenario, a line for each way in which it was played. */
export function renderTrends(trends: readonly Trend[]): string {
  if (trends.length === 0) return "no drill is in the ledger yet";
  const rows = [[...columns], ...trends.map((trend) => cellsOf(trend))];
  const widths = columns.map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", ...notes(trends)].join("\n");
}

function cellsOf(trend: Trend): string[] {
  const { runs, counts, promisedSeconds, notKeptBound, resolutionSeconds } = trend;
  return [
    trend.scenario,
    modeOf(trend),
    String(runs),
    String(counts.kept),
    spread(trend.measured, resolutionSeconds),
    spread(trend.projected, resolutionSeconds),
    promisedSeconds === null ? "–" : `≤ ${formatDuration(promisedSeconds)}`,
    `≤ ${percent(notKeptBound)}`,
    lastOf(trend),
    trend.history.length > drawn ? `…${trend.history.slice(-drawn)}` : trend.history,
  ];
}

/** A local plant goes without saying: it is the usual one. */
function modeOf({ realTime, plant }: Trend): string {
  const mode = realTime ? "real time" : "rehearsal";
  return plant === simulation ? mode : `${mode} on ${plant}`;
}

/** A resolution of null: what is counted is exact. */
function spread(of: Spread | null, resolutionSeconds: number | null): string {
  if (of === null) return "–";
  // One run has no spread.
  const figures = of.runs === 1 ? [of.median] : [of.minimum, of.median, of.maximum];
  return figures.map((figure) => figureCell(figure, resolutionSeconds)).join(" · ");
}

/** No failed sample is not the same as no outage. */
function figureCell(seconds: number, resolutionSeconds: number | null): string {
  if (!Number.isFinite(seconds)) return "never";
  if (seconds > 0) return formatDuration(seconds);
  return resolutionSeconds === null ? "0 s" : `0 ± ${resolutionSeconds} s`;
}

/** Of an upper bound: rounded down it would promise too much. What a double adds in its last digits is no excess. */
function percent(share: number): string {
  const digits = share < 0.1 ? 1 : 0;
  const scale = 10 ** digits;
  return `${(Math.ceil(share * 100 * scale - 1e-6) / scale).toFixed(digits)} %`;
}

function lastOf({ lastJudgedAt, lastVerdict }: Trend): string {
  return lastJudgedAt === null ? "never" : `${lastJudgedAt.slice(0, 10)} ${lastVerdict}`;
}

function notes(trends: readonly Trend[]): string[] {
  const rpo = trends.flatMap((trend) =>
    trend.rpo === null ? [] : [`${nameOf(trend)}: RPO projected ${spread(trend.rpo, null)}`],
  );
  const backs = trends.flatMap((trend) => {
    const { runs, notKept } = trend.failbacks;
    return notKept === 0 ? [] : [`${nameOf(trend)}: ${notKept} of ${runs} ways back not kept`];
  });
  const legend = Object.entries(signs).map(([outcome, sign]) => `${sign} ${outcome}`);
  return [
    ...rpo,
    ...backs,
    "not kept: with 95 % confidence no more of such drills are missed, unproven or stopped (Clopper-Pearson, one-sided)",
    `runs, oldest first: ${legend.join(", ")}; | the code changed`,
    ...simulationNote(trends),
  ];
}

function nameOf(trend: Trend): string {
  const mode = modeOf(trend);
  return mode === "rehearsal" ? trend.scenario : `${trend.scenario} (${mode})`;
}

function simulationNote(trends: readonly Trend[]): string[] {
  const simulated = trends.filter(({ plant }) => plant === simulation).length;
  if (simulated === 0) return [];
  const which = simulated === trends.length ? "all" : "those that name no plant";
  return [`${which} are simulations on a local plant: of real recoveries they prove nothing`];
}

/** What is wrong with the file itself. Nothing that it says can be left out silently. */
export function renderDamage({ damaged }: Ledger, file: string): string[] {
  return damaged.map(({ number, text, why }) => {
    const start = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    return `${file}, line ${number} is no row and counts nowhere: ${why}. It begins: ${start}`;
  });
}

export function renderStale(stale: readonly Stale[], limit: string): string[] {
  if (stale.length === 0) return [`every scenario was judged within ${limit}`];
  return [
    `not judged within ${limit}:`,
    ...stale.map(({ scenario, lastAt, skipped }) => {
      const last = lastAt === null ? "never" : `last on ${lastAt.slice(0, 10)}`;
      return `  ${scenario}: ${last}${skipped === null ? "" : `; the last drill that was due was skipped: ${skipped}`}`;
    }),
  ];
}

/** Drills that were due and did not take place, newest last. */
export function renderSkips({ rows }: Ledger): string[] {
  const skips = rows.filter((row) => row.kind === "skip");
  if (skips.length === 0) return [];
  const newest = skips.toSorted((a, b) => a.at.localeCompare(b.at)).slice(-3);
  return [
    `${skips.length} skipped, the newest:`,
    ...newest.map(({ at, scenarios, reason }) => {
      const which = scenarios.length === 0 ? "all scenarios" : scenarios.join(", ");
      return `  ${at.slice(0, 16).replace("T", " ")} UTC, ${which}: ${reason}`;
    }),
  ];
}
