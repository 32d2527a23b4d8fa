import { availableParallelism, loadavg, totalmem } from "node:os";
import { execa } from "execa";
import type { LocalPlant } from "../local/local-plant.ts";

/** The machine before the bench put load on it. */
export interface Machine {
  cores: number;
  memoryGiB: number;
  /** Over 1, 5 and 15 minutes. */
  loadAverage: number[];
}

/** What ran, when and on what. */
export interface RunFacts {
  commit: string;
  engine: string;
  plugins: Record<string, string>;
  /** ISO 8601, UTC. */
  startedAt: string;
  machine: Machine;
}

export function describeMachine(): Machine {
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    cores: availableParallelism(),
    memoryGiB: round(totalmem() / 1024 ** 3),
    loadAverage: loadavg().map((value) => round(value)),
  };
}

/** The commit of the repository; "+changes" where files differ from it, "none" outside a repository. */
export async function commitOf(project: string): Promise<string> {
  const git = (args: string[]) => execa("git", args, { cwd: project, reject: false });
  const { stdout, failed } = await git(["rev-parse", "--short", "HEAD"]);
  if (failed) return "none";
  const { stdout: changes } = await git(["status", "--porcelain"]);
  return changes === "" ? stdout : `${stdout}+changes`;
}

export function enginesOf({ toolchain, plugins }: LocalPlant): Pick<RunFacts, "engine" | "plugins"> {
  return { engine: toolchain.pulumi.version, plugins };
}
