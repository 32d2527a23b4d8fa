import { commitOf } from "../drill/drill.ts";
import { type SetUp, setUp } from "../drill/set-up.ts";
import { rehearsal } from "../drill/stage.ts";
import { prepareToolchain } from "../local/toolchain/prepare.ts";
import { curlSwitch } from "./curl.ts";
import { databases, storageSwitch } from "./data.ts";
import type { Figure, FigureName } from "./figures.ts";
import { Findings } from "./findings.ts";
import type { Measurement, Report } from "./measurement.ts";
import { octodnsSwitch } from "./octodns.ts";
import { noOpOf } from "./no-op.ts";
import { directSwitch, recordSwitch, settingsSwitch } from "./pulumi-switches.ts";
import { rehearse } from "./rehearse.ts";
import { describeMachine, enginesOf, type RunFacts } from "./run-facts.ts";
import { throwIfStopped } from "./timed-run.ts";
import { unchanged } from "./unchanged.ts";

export interface BenchOptions {
  /** The repository. */
  project: string;
  /** How often the plant is set up. */
  setUps: number;
  /** How often each switch is measured. */
  runs: number;
  /** Also plays all scenarios; that takes minutes. */
  rehearsal: boolean;
  signal: AbortSignal;
  report: Report;
}

export interface BenchResult {
  run: RunFacts;
  figures: Figure[];
  /** Figures that were tried and not got. */
  failed: readonly FigureName[];
}

const memory: Measurement = {
  figures: ["plant: memory (Pss)"],
  measure: async ({ ready }) => ({ "plant: memory (Pss)": [ready.local.plant.pssKib() / 1024] }),
};

/** In this order: memory is read when everything has used the plant but what is no part of it. */
const measurements: readonly Measurement[] = [
  recordSwitch,
  directSwitch,
  settingsSwitch,
  noOpOf("failover"),
  noOpOf("primary"),
  curlSwitch,
  octodnsSwitch,
  storageSwitch,
  memory,
  unchanged,
  databases,
];

/**
 * Sets up a plant, measures, takes it down.
 * @throws FailoverError when there is no plant, or INTERRUPTED; nothing is left running then
 */
export async function bench(options: BenchOptions): Promise<BenchResult> {
  const { project } = options;
  const before = { startedAt: new Date().toISOString(), machine: describeMachine() };
  const commit = await commitOf(project);
  const findings = new Findings();
  const engines = await measurePlant(options, findings);
  const rehearsed = "rehearsal of all scenarios with failback";
  if (options.rehearsal) await findings.take([rehearsed], () => rehearse(options));
  else findings.leaveOut([rehearsed], "add --rehearsal");
  return { run: { commit, ...engines, ...before }, figures: findings.inOrder(), failed: findings.failed };
}

async function measurePlant(options: BenchOptions, findings: Findings) {
  const { runs, signal, report } = options;
  // What is found, unpacked and built once per machine is no part of the set-up.
  await prepareToolchain(report.line, { signal });
  const { ready, seconds } = await setUpRepeatedly(options);
  try {
    findings.add({ "set-up: plant up and both stacks deployed": seconds });
    for (const { figures, measure } of measurements) {
      await findings.take(figures, () => measure({ ready, runs, signal, report }));
      throwIfStopped(signal);
    }
    return enginesOf(ready.local);
  } finally {
    await ready.close();
  }
}

/** @returns the last plant, running, and how long each took */
async function setUpRepeatedly({ project, setUps, signal, report }: BenchOptions) {
  const seconds: number[] = [];
  for (;;) {
    report.progress(`set-up: ${seconds.length + 1} of ${setUps}`);
    const startedAt = performance.now();
    const stop = (error: Error): void => report.line(error.message);
    const ready: SetUp = await setUp({ project, timing: rehearsal, report: report.line, signal, stop });
    seconds.push((performance.now() - startedAt) / 1000);
    if (seconds.length >= setUps) return { ready, seconds };
    await ready.close();
    throwIfStopped(signal);
  }
}
