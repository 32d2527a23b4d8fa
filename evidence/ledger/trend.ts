import type { Ledger, LedgerRow, RunRow } from "./ledger.ts";
import { missRateBound } from "./bound.ts";

/** A run that never came back while the fault lasted is larger than any: Infinity. */
export interface Spread {
  runs: number;
  minimum: number;
  median: number;
  maximum: number;
}

/** What the drills of one scenario prove. Rehearsals and runs in real time are never counted together. */
export interface Trend {
  scenario: string;
  realTime: boolean;
  plant: string;
  runs: number;
  counts: Record<"kept" | "missed" | "unproven" | "stopped", number>;
  measured: Spread | null;
  projected: Spread | null;
  rpo: Spread | null;
  promisedSeconds: number | null;
  /** Ways back that were gone, and how many of them cost more than a planned move may, or proved nothing. */
  failbacks: { runs: number; notKept: number };
  /** The coarsest of its runs: an outage of 0 may have been as long. */
  resolutionSeconds: number;
  /** With 95 % confidence no larger share of runs is not kept. One without a verdict counts as not kept. */
  notKeptBound: number;
  /** ISO 8601 of the newest run with a verdict of its own. */
  lastJudgedAt: string | null;
  lastVerdict: string | null;
  /** A sign for each run, oldest first: see `signs`. `|` where the code changed. */
  history: string;
}

type Played = Exclude<LedgerRow, { kind: "skip" }>;

/** What stands for a run in `history`. */
export const signs = { kept: "k", missed: "M", unproven: "u", stopped: "x" } as const;

export function trendsOf({ rows }: Ledger, known: readonly string[]): Trend[] {
  const played = rows.filter((row) => row.kind !== "skip");
  const names = [...new Set([...known, ...played.map(({ scenario }) => scenario)])];
  return names.flatMap((scenario) =>
    groupsOf(played.filter((row) => row.scenario === scenario)).map((group) => trendOf(scenario, group)),
  );
}

function groupsOf(rows: readonly Played[]): Played[][] {
  const groups = Map.groupBy(rows, ({ plant, realTime }) => `${plant} ${realTime}`);
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.at.localeCompare(b.at)));
}

function trendOf(scenario: string, rows: readonly Played[]): Trend {
  const runs = rows.filter((row) => row.kind === "run");
  const counts = { kept: 0, missed: 0, unproven: 0, stopped: 0 };
  for (const row of rows) counts[outcomeOf(row)] += 1;
  // What proved nothing has no figure, either: it is in the counts.
  const proven = runs.filter(isJudged);
  const judged = proven.at(-1);
  const backs = runs.map(({ failback }) => failback.verdict).filter((verdict) => verdict !== null);
  const [first] = rows;
  return {
    scenario,
    realTime: first?.realTime ?? false,
    plant: first?.plant ?? "",
    runs: rows.length,
    counts,
    measured: spreadOf(proven.map(({ measured, promised }) => measured[clockOf(promised)])),
    projected: spreadOf(proven.map(({ projected, promised }) => projected[clockOf(promised)])),
    rpo: spreadOf(
      proven
        .filter(({ promised }) => promised.rpoSeconds !== null)
        .map(({ projected }) => projected.rpoSeconds),
    ),
    failbacks: {
      runs: backs.length,
      notKept: backs.filter((verdict) => verdict !== "kept").length,
    },
    promisedSeconds: runs.at(-1)?.promised.rtoSeconds ?? null,
    resolutionSeconds: Math.max(0, ...runs.map(({ resolutionSeconds }) => resolutionSeconds)),
    notKeptBound: missRateBound(rows.length - counts.kept, rows.length),
    lastJudgedAt: judged?.at ?? null,
    lastVerdict: judged?.verdict ?? null,
    history: historyOf(rows),
  };
}

function outcomeOf(row: Played): keyof Trend["counts"] {
  return row.kind === "run" ? row.verdict : "stopped";
}

function isJudged(row: LedgerRow): row is RunRow {
  return row.kind === "run" && row.verdict !== "unproven";
}

function clockOf({ clock }: RunRow["promised"]): "rtoDeclaredSeconds" | "rtoOutageSeconds" {
  return clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
}

/** What never came back is above everything: the median of two good runs and three such is "never". */
function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.map((value) => value ?? Infinity).toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (index: number): number => sorted[index] ?? Infinity;
  const half = (sorted.length - 1) / 2;
  return {
    runs: sorted.length,
    minimum: at(0),
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    maximum: at(sorted.length - 1),
  };
}

function historyOf(rows: readonly Played[]): string {
  const marks = rows.map((row, index) => {
    const before = rows[index - 1];
    const changed = before !== undefined && before.commit.code !== row.commit.code;
    return `${changed ? "|" : ""}${signs[outcomeOf(row)]}`;
  });
  return marks.join("");
}

export interface Stale {
  scenario: string;
  /** When it was last judged; null: never. */
  lastAt: string | null;
  /** Reason of the last drill that was due since then and did not take place. */
  skipped: string | null;
}

/** Scenarios that no drill has judged for so long, in whatever mode. A drill that proved nothing is none. */
export function staleOf(
  { rows }: Ledger,
  { known, seconds, now }: { known: readonly string[]; seconds: number; now: Date },
): Stale[] {
  const since = new Date(now.getTime() - seconds * 1000).toISOString();
  return known.flatMap((scenario) => {
    const times = rows.filter((row) => isJudged(row) && row.scenario === scenario).map(({ at }) => at);
    const lastAt = times.toSorted().at(-1) ?? null;
    if (lastAt !== null && lastAt >= since) return [];
    const skips = rows.filter(
      (row) => row.kind === "skip" && concerns(row.scenarios, scenario) && new Date(row.at) <= now,
    );
    const newest = skips.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1);
    const skipped = newest && newest.at > (lastAt ?? "") ? (newest.reason as string) : null;
    return [{ scenario, lastAt, skipped }];
  });
}

function concerns(scenarios: readonly string[], scenario: string): boolean {
  return scenarios.length === 0 || scenarios.includes(scenario);
}
