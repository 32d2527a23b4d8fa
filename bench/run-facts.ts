import { availableParallelism, loadavg, totalmem } from "node:os";
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

export function enginesOf({ toolchain, plugins }: LocalPlant): Pick<RunFacts, "engine" | "plugins"> {
  return { engine: toolchain.pulumi.version, plugins };
}
