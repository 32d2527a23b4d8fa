import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { holding, startTimeOf } from "../../../local/toolchain/lock.ts";
import { fakeSystem } from "./fake-system.ts";

test("a lock is held by one at a time, whoever asks", async (t) => {
  const { root, report, signal } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building", report, signal };
  let holders = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++holders);
    await wait(20);
    holders -= 1;
  };
  await Promise.all(Array.from({ length: 6 }, () => holding(lock, work)));
  t.is(most, 1);
  t.false(existsSync(lock.path));
});

test("whoever waits is told for which process, and for what", async (t) => {
  const { root, report, reports, signal } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building pulumi", report, signal };
  const told = async (): Promise<void> => {
    while (reports.length === 0) await wait(10);
  };
  await Promise.all([holding(lock, told), holding(lock, async () => {})]);
  t.deepEqual(reports, [`waiting for process ${process.pid}, which is building pulumi`]);
});

test("the lock of a process that has ended is broken", async (t) => {
  const { root, report, signal } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building", report, signal };
  const { pid } = spawnSync("true");
  writeFileSync(lock.path, JSON.stringify({ pid, startTime: "1" }));
  t.is(await holding(lock, async () => "done"), "done");
});

test("the lock of a process whose pid another process has now is broken", async (t) => {
  const { root, report, signal } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building", report, signal };
  writeFileSync(
    lock.path,
    JSON.stringify({ pid: process.pid, startTime: `${await startTimeOf(process.pid)}0` }),
  );
  t.is(await holding(lock, async () => "done"), "done");
});

test("of many that find a dead owner's lock, still one holds it at a time", async (t) => {
  const { root, report, signal } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building", report, signal };
  writeFileSync(lock.path, JSON.stringify({ pid: spawnSync("true").pid, startTime: "1" }));
  const only = join(root, "only");
  const work = async (): Promise<void> => {
    // Fails where somebody else is inside.
    mkdirSync(only);
    await wait(5);
    rmdirSync(only);
  };
  await t.notThrowsAsync(Promise.all(Array.from({ length: 12 }, () => holding(lock, work))));
});

test("a lock is released when the work fails", async (t) => {
  const { root, report, signal } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building", report, signal };
  const failing = async (): Promise<void> => {
    throw new Error("no luck");
  };
  await t.throwsAsync(holding(lock, failing), { message: "no luck" });
  t.false(existsSync(lock.path));
});

test("whoever waits for a lock can be stopped", async (t) => {
  const { root, report, signal, stop } = fakeSystem();
  const lock = { path: join(root, "lock"), subject: "building", report, signal };
  await holding(lock, async () => {
    const waiting = holding(lock, async () => t.fail("it got the lock"));
    stop();
    await t.throwsAsync(waiting, { message: /^INTERRUPTED/ });
  });
});
