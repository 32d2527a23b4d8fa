import test from "ava";
import { processesWithEnvironment } from "../../../../local/plant/processes.ts";
import { poll } from "../../../../local/plant/readiness.ts";
import { runVariable } from "../../../../local/plant/run-folder.ts";
import { Programs } from "../../../../local/plant/sql/run-program.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const folder = temporaryFolder();

const shell = (args: string[]) => ({ tool: { path: "/bin/sh", env: {} }, args, folder });

test("a program carries the run's mark, and an abort ends it with its children before it is waited for", async (t) => {
  const run = "a-run-of-a-test";
  const found = () => processesWithEnvironment(`${runVariable}=${run}`).length;
  const programs = new Programs(run);
  const running = t.throwsAsync(programs.run(shell(["-c", "sleep 60 & sleep 60"])), { name: "AbortError" });
  await poll({ deadlineMs: 5000, until: () => found() >= 3 || `${found()} processes` });
  await programs.close();
  t.is(found(), 0);
  await running;
  await t.throwsAsync(programs.run(shell(["-c", "true"])), { name: "AbortError" });
});

test("a program knows nothing of the caller's environment, and its failure says what it said", async (t) => {
  process.env["OF_THE_CALLER"] = "x";
  const programs = new Programs("another-run");
  await programs.run(shell(["-c", '[ -z "$OF_THE_CALLER" ]']));
  await t.throwsAsync(programs.run(shell(["-c", "echo why >&2; exit 3"])), { message: /exit code 3\nwhy/ });
  await t.throwsAsync(programs.copy({ from: "nothing", to: "there", kind: "files", folder }), {
    message: /nothing/,
  });
});
