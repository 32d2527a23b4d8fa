import test from "ava";
import { download, run } from "../../../local/toolchain/command.ts";
import { fakeSystem } from "./fake-system.ts";

test("Ctrl-C ends the command that runs, and no other is begun", async (t) => {
  const system = fakeSystem();
  system.put("endless", "exec sleep 600");
  const program = `${system.env["PATH"]}/endless`;
  const running = run(system, { program, args: [] });
  while (system.starts("endless").length === 0) await new Promise(setImmediate);
  system.stop();
  await t.throwsAsync(running, { message: /^INTERRUPTED/ });
  await t.throwsAsync(run(system, { program, args: [] }), { message: /^INTERRUPTED/ });
  t.is(system.starts("endless").length, 1);
});

test("Ctrl-C between two tries of a download ends the wait", async (t) => {
  const system = fakeSystem();
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    setImmediate(system.stop);
    return { ok: false, output: "no route" };
  };
  await t.throwsAsync(download(system, { what: "x", from: "y", attempt }), { message: /^INTERRUPTED/ });
  t.is(tries, 1);
});
