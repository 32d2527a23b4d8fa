import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { DrillResult } from "../../drill/drill.ts";
import { FailoverError } from "../../infra/errors.ts";
import type { LedgerRow, RunRow, SkipRow } from "./ledger.ts";
import { reportOf } from "../report.ts";

const project = join(import.meta.dirname, "../..");

/** Where the plan's promises are; what is accepted to be missed is a part of them. */
const promiseFiles = ["infra/systems.ts", "drill/accepted.ts"];

export interface Appended {
  lines: number;
  /** A last line that somebody was kept from writing to its end. It is left as it is, and what follows begins a new one. */
  cut: string | null;
}

type Played = Pick<DrillResult, "facts" | "judgements" | "stopped">;

/** Adds a line for each scenario of a drill, and one for the scenario that it was stopped in. */
export async function appendRuns(file: string, result: Played): Promise<Appended> {
  return append(file, rowsOf(result, await promiseCommit()));
}

/** Adds a line for a drill that was due and did not take place. No scenario named: all of them. */
export async function appendSkip(
  file: string,
  { reason, scenarios = [], at = new Date() }: { reason: string; scenarios?: readonly string[]; at?: Date },
): Promise<Appended> {
  // Late: the whole local plant hangs on it, and a reader of the ledger needs none of that.
  const { commitOf } = await import("../../drill/drill.ts");
  const commit = { code: await commitOf(project), promise: await promiseCommit() };
  const skip: SkipRow = {
    schemaVersion: 1,
    kind: "skip",
    at: at.toISOString(),
    commit,
    scenarios: [...scenarios],
    reason,
  };
  return append(file, [skip]);
}

/** What a line keeps of a scenario in the report. */
const kept = [
  "system",
  "topology",
  "verdict",
  "rto",
  "rpo",
  "data",
  "reason",
  "accepted",
  "condition",
  "measured",
  "projected",
  "promised",
  "timeToDecideSeconds",
  "judgedClass",
  "resolutionSeconds",
  "failback",
] as const;

/** The report's own figures, so that a report and its line in the ledger cannot differ. */
export function rowsOf(result: Played, promise: string): LedgerRow[] {
  const { facts, stopped } = result;
  const { scenarios } = reportOf(result) as { scenarios: Record<string, unknown>[] };
  const played = {
    schemaVersion: 1 as const,
    at: facts.startedAt,
    commit: { code: facts.commit, promise },
    plant: facts.kind,
    engine: facts.engine,
    plugins: facts.plugins,
    realTime: facts.realTime,
    ttlDivisor: facts.ttlDivisor,
  };
  const runs = scenarios.map((scenario) => {
    const judged = Object.fromEntries(kept.map((key) => [key, scenario[key]]));
    return { kind: "run", ...played, scenario: scenario["name"], ...judged } as RunRow;
  });
  if (!stopped) return runs;
  return [...runs, { kind: "stopped", ...played, scenario: stopped.scenario, reason: stopped.error.code }];
}

/** The commit that last changed a promise; "+changes" where one differs from what is committed. */
async function promiseCommit(): Promise<string> {
  const git = (args: string[]) => execa("git", args, { cwd: project, reject: false });
  const { stdout: commit } = await git(["log", "-1", "--format=%h", "--", ...promiseFiles]);
  if (!commit) return "none";
  const { stdout: dirty } = await git(["status", "--porcelain", "--", ...promiseFiles]);
  return dirty === "" ? commit : `${commit}+changes`;
}

/** One write at the end of the file: two drills that end together leave their lines whole, in either order. */
async function append(file: string, rows: readonly LedgerRow[]): Promise<Appended> {
  const handle = await open(file, "a+");
  try {
    const rest = await lastLine(handle);
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    const bytes = Buffer.from(rest === "" ? text : `\n${text}`);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) throw diskFull(file);
    await handle.sync();
    return { lines: rows.length, cut: rest === "" || isWhole(rest) ? null : rest };
  } finally {
    await handle.close();
  }
}

/** What follows the last line break; nothing, where all lines are whole. */
async function lastLine(handle: FileHandle): Promise<string> {
  const text = await handle.readFile("utf8");
  return text.slice(text.lastIndexOf("\n") + 1);
}

/** An editor may have taken the last line break away, and nothing else. */
function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false; // Cut in half: the caller says so.
  }
}

function diskFull(file: string): FailoverError {
  return new FailoverError("NO_SPACE", {
    problems: `a disk is full: the last line of ${file} is cut in half.`,
    where: file,
    fix: "free some space, then run the same command again",
  });
}
