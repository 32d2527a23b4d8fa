import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import { isRunning, listProcesses, treesOf } from "../../../local/plant/processes.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { Supervisor } from "../../../local/plant/supervisor.ts";
import type { ProcessSpec, UnexpectedExit } from "../../../local/plant/supervisor.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

function supervise(t: ExecutionContext) {
  const folder = temporaryFolder();
  const exits: UnexpectedExit[] = [];
  const recorded: string[] = [];
  const supervisor = new Supervisor({
    folder,
    env: { MARK: "this run" },
    record: ({ name }) => recorded.push(name),
    onExit: (exit) => exits.push(exit),
  });
  t.teardown(() => supervisor.stopAll());
  return { supervisor, folder, exits, recorded };
}

function fixture(name: string, ready: ProcessSpec["ready"] = { line: /ready/ }): ProcessSpec {
  const file = fileURLToPath(new URL(`../../fixtures/processes/${name}.sh`, import.meta.url));
  return { name, command: { path: file, args: [] }, ready };
}

test("a process that never becomes ready is reported with the last seen state and its log, and is gone", async (t) => {
  const { supervisor, recorded } = supervise(t);
  const spec = { ...fixture("never-ready", { until: () => "nobody listens" }), deadlineMs: 1000 };
  const error = await t.throwsAsync(supervisor.start(spec));
  t.like(error, { code: "PLANT_FAILED" });
  t.regex(error.message, /last seen: nobody listens/);
  t.regex(error.message, /still waiting for the moon/);
  t.false(supervisor.isRunning("never-ready"));
  t.deepEqual(recorded, ["never-ready"]);
});

test("a process that ends before it is ready is reported with its exit code, once", async (t) => {
  const { supervisor, exits } = supervise(t);
  const error = await t.throwsAsync(supervisor.start(fixture("exits-at-once")));
  t.regex(error.message, /exit code 7/);
  t.regex(error.message, /no configuration, no service/);
  t.deepEqual(exits, []);
});

test("a program that is not there is reported by its path", async (t) => {
  const { supervisor } = supervise(t);
  const command = { path: "/nonexistent/haproxy", args: [] };
  const error = await t.throwsAsync(supervisor.start({ name: "haproxy", command, ready: { line: /x/ } }));
  t.regex(error.message, /\/nonexistent\/haproxy ENOENT/);
});

test("a first line that is not the expected one is part of the report", async (t) => {
  const { supervisor } = supervise(t);
  const spec = { ...fixture("ignores-sigterm", { line: /^listening/ }), deadlineMs: 1000 };
  const error = await t.throwsAsync(supervisor.start(spec));
  t.regex(error.message, /first line "ready"/);
});

test("a process that ignores SIGTERM is killed with its children", async (t) => {
  const { supervisor } = supervise(t);
  const { pid } = await supervisor.start(fixture("ignores-sigterm"));
  await poll({ deadlineMs: 5000, until: () => treesOf([pid]).length === 2 || "the child is not there" });
  t.true(supervisor.pssKib() > 0);
  await supervisor.stop("ignores-sigterm");
  t.deepEqual(treesOf([pid]), []);
});

test("a frozen process can be stopped, with children that lead groups of their own", async (t) => {
  const { supervisor } = supervise(t);
  const command = { path: "/bin/sh", args: ["-c", "setsid sleep 600 & echo ready; wait"] };
  const { pid } = await supervisor.start({ name: "parent", command, ready: { line: /ready/ } });
  const child = () => listProcesses().find(({ parent }) => parent === pid);
  await poll({ deadlineMs: 5000, until: () => child()?.group === child()?.pid || "in its parent's group" });
  const { pid: childPid = 0, startTicks = 0 } = child() ?? {};
  supervisor.freeze("parent");
  await poll({ deadlineMs: 5000, until: () => child()?.state === "T" || "running" });
  t.deepEqual(
    treesOf([pid]).map((each) => each.pid),
    [pid, childPid],
  );
  await supervisor.stop("parent");
  t.false(isRunning({ pid: childPid, startTicks }));
});

test("an end that nobody asked for is reported, one that was asked for is not", async (t) => {
  const { supervisor, exits } = supervise(t);
  const { pid } = await supervisor.start(fixture("prints-environment"));
  process.kill(pid, "SIGKILL");
  await poll({ deadlineMs: 5000, until: () => exits.length === 1 || "not reported" });
  t.like(exits[0], { name: "prints-environment", how: "SIGKILL" });
  await supervisor.start(fixture("prints-environment"));
  await supervisor.stop("prints-environment");
  t.is(exits.length, 1);
});

test("a process sees the allow list and nothing of its caller's environment", async (t) => {
  const { supervisor, folder } = supervise(t);
  process.env["CLOUDFLARE_API_TOKEN"] = "a real one";
  t.teardown(() => delete process.env["CLOUDFLARE_API_TOKEN"]);
  await supervisor.start({ ...fixture("prints-environment"), env: { EXTRA: "1" } });
  const log = () => readFileSync(path.join(folder, "prints-environment.log"), "utf8");
  await poll({ deadlineMs: 5000, until: () => log().includes("EXTRA=1") || log() });
  const names = [...log().matchAll(/^(\w+)=/gm)].map((match) => match[1] ?? "");
  const set = names.filter((name) => !["PWD", "SHLVL", "_", "OLDPWD"].includes(name));
  t.deepEqual(set.toSorted(), ["EXTRA", "FAILOVER_PLANT", "HOME", "LANG", "MARK", "PATH", "TMPDIR"]);
});

test("nothing starts while everything is being stopped", async (t) => {
  const { supervisor } = supervise(t);
  await supervisor.stopAll();
  await t.throwsAsync(supervisor.start(fixture("never-ready")), { message: /everything is being stopped/ });
});
