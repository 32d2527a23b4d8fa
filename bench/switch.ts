import type { Written } from "../watch/journal.ts";
import type { FigureName, Runs } from "./figures.ts";
import { type Bench, Unmeasurable } from "./measurement.ts";
import type { TimedRun } from "./timed-run.ts";

export type Way =
  | "pulumi up"
  | "pulumi up, lb-direct"
  | "pulumi up, api-backup-only"
  | "curl, the floor"
  | "octodns";

/** A measured switch. Milliseconds from the start of the command to the arrival of a write at a cloud's API. */
export interface Switch extends TimedRun {
  firstWriteMs: number;
  lastWriteMs: number;
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
 * Adds when its writes arrived. A switch writes what it has to, in that order, else something else was measured.
 * @param kinds what is written; several writes of a kind are one
 * @throws Unmeasurable
 */
export async function asSwitch({ ready }: Bench, run: TimedRun, kinds: readonly Written[]): Promise<Switch> {
  const writes = await ready.plant.writesSince(run.startedMs);
  const found = writes.map(({ what }) => what).filter((what, i, all) => what !== all[i - 1]);
  if (found.join() !== kinds.join()) {
    throw new Unmeasurable(`a switch wrote ${found.join(", ") || "nothing"} in place of ${kinds.join(", ")}`);
  }
  const arrivedMs = writes.map(({ answeredMs, durationMs }) => answeredMs - durationMs - run.startedMs);
  return { ...run, firstWriteMs: Math.min(...arrivedMs), lastWriteMs: Math.max(...arrivedMs) };
}

export function switchRuns(way: Way, switches: readonly Switch[]): Runs {
  const { cpu, wall, firstWrite } = switchFigures(way);
  return {
    [cpu]: switches.map((each) => each.cpu.seconds),
    [wall]: switches.map(({ wallSeconds }) => wallSeconds),
    [firstWrite]: switches.map(({ firstWriteMs }) => firstWriteMs),
  };
}
