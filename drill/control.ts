import { join } from "node:path";
import { changed } from "../engine/events.ts";
import { FailoverError } from "../infra/errors.ts";
import { switchTopology } from "../recovery/switch.ts";
import { Journal, type JournalEntry } from "../watch/journal.ts";
import { tolerableUnusableShare } from "./coverage.ts";
import { measure } from "./measure.ts";
import type { Rule } from "./outage.ts";
import { samplesOf } from "./samples.ts";
import { type Stage, switchDeadlineSeconds } from "./stage.ts";
import { waitUntil } from "./wait.ts";

/** A machine that is busy for a moment, as after a set-up, is looked at again. */
const mostRuns = 3;

export interface ControlSamples {
  failed: number;
  all: number;
  /** Of what there should be, how much is missing or was sent too late. */
  unusableShare: number;
}

/**
 * Before anything is broken, no sample may fail and next to none may be late: else the machine measures itself.
 * @param run plays a control run; @param told of each
 * @throws FailoverError MACHINE_UNFIT at a failed sample, or when every run was late
 */
export async function proveFitness(
  run: () => Promise<JournalEntry[]>,
  rule: Rule,
  told: (samples: ControlSamples) => void,
): Promise<void> {
  for (let runs = 1; ; runs += 1) {
    const { samples, unusableShare } = measure(await run(), rule);
    const { good, failed, invalid } = samples;
    const seen = { failed, all: good + failed + invalid, unusableShare };
    told(seen);
    const serves = seen.all > 0 && failed === 0;
    if (serves && isInTime(seen)) return;
    if (!serves || runs === mostRuns) throw unfit(seen);
  }
}

function isInTime({ unusableShare }: ControlSamples): boolean {
  return unusableShare <= tolerableUnusableShare;
}

/** "clean, 0 of 140 samples failed", or how many were late. */
export function describeSamples(samples: ControlSamples): string {
  const { failed, all, unusableShare } = samples;
  const counts = `${failed} of ${all} samples failed`;
  if (isInTime(samples)) return failed === 0 ? `clean, ${counts}` : counts;
  // Rounded up: it is more than what is tolerated.
  return `${counts}, ${Math.ceil(unusableShare * 100)} % were missing or sent too late`;
}

function unfit(samples: ControlSamples): FailoverError {
  return new FailoverError("MACHINE_UNFIT", {
    problems: `in the control run, with nothing broken, ${describeSamples(samples)}.`,
    fix: "stop what else runs on this machine, then: npm run drill",
  });
}

/** A no-op `pulumi up` under probes, before anything is broken. @returns its journal */
export async function runControl(stage: Stage): Promise<JournalEntry[]> {
  const journal = new Journal(join(stage.evidence, "control.jsonl"));
  const probes = stage.startProbes();
  probes.sendTo((sample) => journal.sample(sample));
  try {
    journal.mark({ kind: "control", state: "begin" });
    const { changes } = await switchTopology(stage.workspace, {
      topology: "normal",
      deadlineSeconds: switchDeadlineSeconds,
      signal: stage.signal,
    });
    if (changed(changes) > 0) throw new Error("an up of what is deployed changed something");
    const enough = 2000 / stage.timing.rule.periodMs;
    // Too few of them are told by the measurement: they are missing until the end of the control run.
    await waitUntil(() => samplesOf(journal).length >= enough, { deadlineMs: 10_000, signal: stage.signal });
    journal.mark({ kind: "control", state: "end" });
    return journal.entries;
  } finally {
    await probes.stop();
    await journal.close();
  }
}
