import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { FailoverError } from "../../infra/errors.ts";
import type { Axes } from "../../infra/topologies.ts";
import type { PromiseReport } from "../promises/promises.ts";

/** What one version of the code says of its topologies. */
export interface Figures {
  normal: Axes;
  topologies: TopologyFigures[];
}

export interface TopologyFigures {
  name: string;
  recovers: string;
  because: string;
  axes: Axes;
  /**
   * How long the next switch waits for clients that still hold this topology's answer; null where the name leads to
   * the edge, whose answer is the same whatever is behind it.
   */
  nextSwitchSeconds: number | null;
}

const deadlineSeconds = 60;
const program = join(import.meta.dirname, "figures-program.ts");

/**
 * Runs the code of a folder.
 * @throws FailoverError PROGRAM_FAILED with the code's own error when it does not run
 */
export async function figuresOf(folder: string, where: string): Promise<Figures> {
  const result = await runCode([program, folder]);
  if (result.failed) throw notRunning(errorOf(result), where);
  return JSON.parse(result.stdout) as Figures;
}

/**
 * What a version's own promise linter says, so that nothing of one version is measured by another.
 * @param scratch folder for a file
 * @returns null for a version of before there was one
 * @throws FailoverError PROGRAM_FAILED when it does not run
 */
export async function promisesOf(
  folder: string,
  where: string,
  scratch: string,
): Promise<PromiseReport | null> {
  const cli = join(folder, "cli", "failover.ts");
  const verb = join(folder, "cli", "promises.ts");
  if (!existsSync(verb)) return null;
  const file = join(scratch, `promises-of-${basename(folder)}.json`);
  const result = await runCode([cli, "promises", "--json", file]);
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) throw notRunning(errorOf(result), where);
  const report = JSON.parse(text) as PromiseReport;
  // The schema is what two versions have in common; of another one nothing is understood.
  return (report.schemaVersion as number) === 1 ? report : null;
}

/** With no environment but PATH. */
function runCode(args: readonly string[]): Promise<Ended> {
  return execa(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    env: { PATH: process.env["PATH"] ?? "" },
    extendEnv: false,
    reject: false,
    timeout: deadlineSeconds * 1000,
  });
}

interface Ended {
  failed: boolean;
  stdout: string;
  stderr: string;
  exitCode?: number | undefined;
  timedOut?: boolean;
  signal?: string | undefined;
}

function errorOf({ stderr, exitCode, timedOut, signal }: Ended): string {
  if (timedOut) return `it did not end within ${deadlineSeconds} s`;
  if (signal !== undefined) return `it was ended by ${signal}`;
  const said = stripVTControlCharacters(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const [code = `it ended with exit code ${exitCode}`, problem] = said;
  // One of our own, whose first line is its code alone.
  if (/^[A-Z_]+$/.test(code)) return `${code}: ${problem?.trim()}`;
  return said.find((line) => /^\w*Error\b/.test(line)) ?? code;
}

/** Base or head: what does not run cannot be previewed. */
export function notRunning(said: string, where: string): FailoverError {
  return new FailoverError("PROGRAM_FAILED", {
    problems: `the program does not run: ${said}`,
    where,
    fix: where.startsWith("base")
      ? "compare with a commit whose program runs: npm run preview -- --base <commit>"
      : "correct it, then: npm run check && npm run preview",
  });
}
