import test from "ava";
import { type ControlSamples, describeSamples, proveFitness } from "../../drill/control.ts";
import type { FailoverError } from "../../infra/errors.ts";
import type { JournalEntry } from "../../watch/journal.ts";
import { rule, samples } from "./samples.ts";

/** A control run of 7 s in which some stretch failed, or was never sent. */
function controlRun({ failing = 0, missing = 0 } = {}): JournalEntry[] {
  return [
    { kind: "control", atMs: 0, state: "begin" },
    ...samples({ fromMs: 0, toMs: 7000 - missing }, [{ fromMs: 0, toMs: failing }]),
    { kind: "control", atMs: 7000, state: "end" },
  ];
}

/** Control runs one after another. @returns what was told of each, and the error, if any */
async function prove(runs: JournalEntry[][]) {
  const told: string[] = [];
  const left = [...runs];
  const tell = (of: ControlSamples): void => void told.push(describeSamples(of));
  const proof = proveFitness(async () => left.shift() ?? [], rule, tell);
  const error = await proof.then(
    () => undefined,
    (thrown: unknown) => thrown as FailoverError,
  );
  return { told, error };
}

const busy = controlRun({ missing: 400 });

test("a machine on which samples come in time is fit at once", async (t) => {
  const { told, error } = await prove([controlRun(), busy]);
  t.is(error, undefined);
  t.deepEqual(told, ["clean, 0 of 140 samples failed"]);
});

test("a machine that is busy for a moment is looked at again", async (t) => {
  const { told, error } = await prove([busy, busy, controlRun()]);
  t.is(error, undefined);
  t.deepEqual(told.length, 3);
  t.is(told[0], "0 of 132 samples failed, 6 % were missing or sent too late");
});

test("a machine that stays busy is unfit", async (t) => {
  const { told, error } = await prove([busy, busy, busy, controlRun()]);
  t.is(told.length, 3);
  t.regex(
    error?.message ?? "",
    /^MACHINE_UNFIT\n.*with nothing broken, 0 of 132 samples failed, 6 % were missing/,
  );
});

test("a sample that fails with nothing broken ends it at once, and so does a run without any", async (t) => {
  const failed = await prove([controlRun({ failing: 50 }), controlRun()]);
  t.regex(failed.error?.message ?? "", /^MACHINE_UNFIT\n.* 1 of 140 samples failed\.\n/);
  t.is(failed.told.length, 1);
  const silent = await prove([controlRun({ missing: 7000 }), controlRun()]);
  t.regex(silent.error?.message ?? "", /0 of 0 samples failed, 100 % were missing/);
});
