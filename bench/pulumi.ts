import { explainFailure } from "../engine/failures.ts";
import { setConfig } from "../engine/pulumi.ts";
import { type Bench, type Measurement, Unmeasurable } from "./measurement.ts";
import { asSwitch, type Switch, switchFigures, switchRuns } from "./switch.ts";
import { type TimedRun, timedRun } from "./timed-run.ts";

const act = ["up", "-s", "failover", "--yes", "--skip-preview"];

/** How the processes of a `pulumi up` are told apart; what matches none belongs to who started it. */
const parts = [
  { pattern: /pulumi-resource-|\/plugins\/[\w-]+\/main\.ts/, part: "plugin" },
  { pattern: /pulumi-language-/, part: "language host" },
  { pattern: /@pulumi\/pulumi\/cmd\/run/, part: "program" },
] as const;

export function pulumiPart(commandLine: string, inherited: string): string {
  return parts.find(({ pattern }) => pattern.test(commandLine))?.part ?? inherited;
}

/** One record, there and back, by the act that an engineer performs. */
export const pulumiSwitch: Measurement = {
  figures: [
    ...Object.values(switchFigures("pulumi up")),
    "switch by pulumi up: engine",
    "switch by pulumi up: language host",
    "switch by pulumi up: program",
    "switch by pulumi up: plugin",
  ],
  async measure(bench) {
    const switches: Switch[] = [];
    // The first run warms caches and is not counted.
    for (let run = 0; run <= bench.runs; run++) {
      bench.report.progress(`switch by pulumi up: ${run} of ${bench.runs}`);
      const topology = run % 2 === 0 ? "lb-backup" : "normal";
      await setConfig(bench.ready.workspace, "failover", ["topology", topology]);
      const each = await asSwitch(bench, await up(bench));
      if (run > 0) switches.push(each);
    }
    const ofPart = (part: string): number[] => switches.map(({ cpu }) => cpu.byPart[part] ?? 0);
    return {
      ...switchRuns("pulumi up", switches),
      "switch by pulumi up: engine": ofPart("engine"),
      "switch by pulumi up: language host": ofPart("language host"),
      "switch by pulumi up: program": ofPart("program"),
      "switch by pulumi up: plugin": ofPart("plugin"),
    };
  },
};

/** What an `up` costs that finds nothing to do. */
export const pulumiNoOp: Measurement = {
  figures: ["no-op pulumi up: whole tree", "no-op pulumi up: start to end"],
  async measure(bench) {
    const runs: TimedRun[] = [];
    while (runs.length < bench.runs) {
      bench.report.progress(`no-op pulumi up: ${runs.length + 1} of ${bench.runs}`);
      const run = await up(bench);
      const writes = await bench.ready.plant.writesSince(run.startedMs);
      if (writes.length > 0)
        throw new Unmeasurable(`a no-op wrote ${writes.length} times to the cloud's API`);
      runs.push(run);
    }
    return {
      "no-op pulumi up: whole tree": runs.map(({ cpu }) => cpu.seconds),
      "no-op pulumi up: start to end": runs.map(({ wallSeconds }) => wallSeconds),
    };
  },
};

async function up({ ready, signal }: Bench): Promise<TimedRun> {
  const { folder, pulumi: file, env } = ready.workspace;
  const command = { file, args: act, folder, env, part: "engine", partOf: pulumiPart };
  const run = await timedRun(command, signal);
  if (!run.failed) return run;
  throw explainFailure({ command: act.join(" "), stack: "failover", output: run.output });
}
