import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { FailoverError } from "../../infra/errors.ts";
import type { Axes } from "../../infra/topologies.ts";

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
  /** The plan's maximum for the system that it recovers. */
  promisedSeconds: number | null;
  /** What a switch from `normal` waits for in the cloud, the engine's own seconds left out. */
  parts: { name: string; realSeconds: number | null; basis: string }[] | null;
  /**
   * How long the next switch waits for clients that still hold this topology's answer; null where the name leads to
   * the edge, whose answer is the same whatever is behind it.
   */
  nextSwitchSeconds: number | null;
}

const program = join(import.meta.dirname, "figures-program.ts");

/**
 * Runs the code of a folder, with no environment but PATH.
 * @throws FailoverError INVALID_CONFIG with the code's own error when it does not run
 */
export async function figuresOf(folder: string, where: string): Promise<Figures> {
  const args = ["--disable-warning=ExperimentalWarning", program, folder];
  const result = await execa(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "" },
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  if (!result.failed) return JSON.parse(result.stdout) as Figures;
  const said = stripVTControlCharacters(result.stderr).split("\n");
  const error = said.find((line) => /^\w*Error\b/.test(line)) ?? said.find((line) => line.trim() !== "");
  throw notRunning(error ?? `it ended with exit code ${result.exitCode}`, where);
}

/** Base or head: what does not run cannot be previewed. */
export function notRunning(said: string, where: string): FailoverError {
  return new FailoverError("INVALID_CONFIG", {
    problems: `the program does not run: ${said}`,
    where,
    fix: where.startsWith("base")
      ? "compare with a commit whose program runs: npm run preview -- --base <commit>"
      : "correct it, then: npm run check && npm run preview",
  });
}
