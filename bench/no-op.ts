import { type Measurement, Unmeasurable } from "./measurement.ts";
import { measuredUp } from "./pulumi.ts";
import type { TimedRun } from "./timed-run.ts";

/** What an `up` of a stack costs that finds nothing to do. */
export function noOpOf(stack: "failover" | "primary"): Measurement {
  const cpu = `no-op pulumi up of ${stack}: whole tree` as const;
  const wall = `no-op pulumi up of ${stack}: start to end` as const;
  return {
    figures: [cpu, wall],
    async measure({ ready, runs, signal, report }) {
      const measured: TimedRun[] = [];
      while (measured.length < runs) {
        report.progress(`no-op pulumi up of ${stack}: ${measured.length + 1} of ${runs}`);
        const run = await measuredUp(ready.workspace, stack, signal);
        const writes = await ready.plant.writesSince(run.startedMs);
        if (writes.length > 0)
          throw new Unmeasurable(`a no-op of ${stack} wrote ${writes.length} times to a cloud's API`);
        measured.push(run);
      }
      return {
        [cpu]: measured.map((run) => run.cpu.seconds),
        [wall]: measured.map(({ wallSeconds }) => wallSeconds),
      };
    },
  };
}
