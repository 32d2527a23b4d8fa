import type { FigureName, Runs } from "./figures.ts";
import { type Bench, Unmeasurable } from "./measurement.ts";
import type { TimedRun } from "./timed-run.ts";

export type Way = "pulumi up" | "curl, the floor" | "octodns";

/** A measured switch of one record. */
export interface Switch extends TimedRun {
  /** From the start of the command to the arrival of its write at the cloud's API. */
  firstWriteMs: number;
}

/** The figures that every way to switch has. */
export function switchFigures<W extends Way>(way: W) {
  return {
    cpu: `switch by ${way}: whole tree`,
    wall: `switch by ${way}: start to end`,
    firstWrite: `switch by ${way}: start to first write`,
  } as const satisfies Record<string, FigureName>;
}

/**
 * Adds when its write arrived. A switch is one write, else something else was measured.
 * @throws Unmeasurable
 */
export async function asSwitch({ ready }: Bench, run: TimedRun): Promise<Switch> {
  const writes = await ready.plant.writesSince(run.startedMs);
  const [write] = writes;
  if (!write || writes.length > 1) {
    throw new Unmeasurable(`a switch of one record wrote ${writes.length} times to the cloud's API`);
  }
  return { ...run, firstWriteMs: write.answeredMs - write.durationMs - run.startedMs };
}

export function switchRuns(way: Way, switches: readonly Switch[]): Runs {
  const { cpu, wall, firstWrite } = switchFigures(way);
  return {
    [cpu]: switches.map((each) => each.cpu.seconds),
    [wall]: switches.map(({ wallSeconds }) => wallSeconds),
    [firstWrite]: switches.map(({ firstWriteMs }) => firstWriteMs),
  };
}
