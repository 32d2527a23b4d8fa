import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { parseStat } from "../../bench/proc.ts";
import { type Command, timedRun } from "../../bench/timed-run.ts";

const usesCpu = join(import.meta.dirname, "uses-cpu.ts");
const never = new AbortController().signal;

function usingCpu(...args: string[]): Command & { seen: string[] } {
  const seen: string[] = [];
  return {
    file: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", usesCpu, ...args],
    folder: import.meta.dirname,
    env: {},
    part: "root",
    partOf: (commandLine, inherited) => {
      seen.push(commandLine);
      return commandLine.startsWith("the-child") ? "child" : inherited;
    },
    seen,
  };
}

// Serial, as the kernel's sum is over all children that end in the meantime.
test.serial("CPU time is that of a command and its children together", async (t) => {
  const { cpu, failed } = await timedRun(usingCpu("0.4", "0.4"), never);
  t.false(failed);
  t.true(cpu.seconds >= 0.78, `${cpu.seconds}`);
  t.deepEqual(Object.keys(cpu.byPart).toSorted(), ["child", "root"]);
});

test.serial("a child that nobody waits for counts, too", async (t) => {
  const { cpu } = await timedRun(usingCpu("0.4", "0.8", "leave"), never);
  t.true((cpu.byPart["child"] ?? 0) >= 0.4, JSON.stringify(cpu));
  t.true(cpu.seconds >= 0.8, JSON.stringify(cpu));
});

test.serial("processes beside the tree are no part of it", async (t) => {
  const bystander = spawn(process.execPath, [usesCpu, "600"], { argv0: "the-bystander" });
  t.teardown(() => bystander.kill("SIGKILL"));
  const command = usingCpu("0.2");
  await timedRun(command, never);
  t.true(command.seen.length > 0);
  t.false(command.seen.some((line) => line.startsWith("the-bystander")));
});

test.serial("a command gets the environment it is given and nothing else", async (t) => {
  const command = { file: "/usr/bin/env", args: [], folder: "/", env: { ONLY: "this" }, part: "env" };
  t.is((await timedRun(command, never)).output, "ONLY=this");
});

test.serial("a command that cannot be started has failed", async (t) => {
  const command = { file: "/no/such/program", args: [], folder: "/", env: {}, part: "none" };
  t.true((await timedRun(command, never)).failed);
});

test.serial("a signal ends the command and is reported as an interruption", async (t) => {
  const stop = new AbortController();
  const command = usingCpu("600");
  const running = timedRun({ ...command, partOf: () => (stop.abort(), "root") }, stop.signal);
  await t.throwsAsync(running, { message: /^INTERRUPTED\n/ });
});

test("a process may have parentheses and spaces in its name", (t) => {
  const line = "7 (a) b (c) S 3 7 7 0 -1 4194560 9 8 0 0 150 50 20 30 20 0 1 0 12345 1 1";
  t.deepEqual(parseStat(line), { parent: 3, cpuSeconds: 2, reapedSeconds: 0.5, startTicks: 12345 });
});
