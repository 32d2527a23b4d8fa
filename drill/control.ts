import { join } from "node:path";
import { changed } from "../engine/events.ts";
import { switchTopology } from "../recovery/switch.ts";
import { Journal, type JournalEntry } from "../watch/journal.ts";
import { samplesOf } from "./samples.ts";
import { type Stage, switchDeadlineSeconds } from "./stage.ts";
import { waitUntil } from "./wait.ts";

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
