import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import { acquireBlock, acquireDrillBlock } from "../../../local/plant/block.ts";
import type { Block } from "../../../local/plant/block.ts";
import { treesOf, isRunning, processesWithEnvironment, readStat } from "../../../local/plant/processes.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { folderOfBlock, recordProcess, runVariable } from "../../../local/plant/run-folder.ts";
import { sweepDeadPlants } from "../../../local/plant/sweep.ts";

// One after the other: each sweep cleans up after every dead run it finds, other tests' too.
// Folders of these tests only; the locks are the machine's, so blocks are beyond those of real runs.
process.env["TMPDIR"] = mkdtempSync(path.join(os.tmpdir(), "blocks-"));
test.after.always(() => rmSync(os.tmpdir(), { recursive: true }));

const options = { clientPort: 8443, report: () => {} };
let lastBlock = 100 + (process.pid % 100);
const nextBlock = () => (lastBlock += 1);

function releaseAfter(t: ExecutionContext, block: Block): Block {
  t.teardown(() => block.release());
  return block;
}

async function startHolder(t: ExecutionContext, number: number) {
  const program = fileURLToPath(new URL("../../fixtures/processes/holds-block.ts", import.meta.url));
  const holder = spawn(process.execPath, [program, String(number)], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => holder.kill("SIGKILL"));
  const lines = createInterface({ input: holder.stdout });
  const line = await new Promise<string>((resolve) => lines.once("line", resolve));
  const ended = new Promise((resolve) => holder.once("exit", resolve));
  return { holder, ended, ...(JSON.parse(line) as { folder: string; pid: number }) };
}

test.serial("a block that another process holds is refused by naming that process", async (t) => {
  const number = nextBlock();
  const { holder } = await startHolder(t, number);
  const error = await t.throwsAsync(acquireBlock(number, options));
  t.like(error, { code: "PLANT_IN_USE" });
  t.true(error.message.includes(`process ${holder.pid}`), error.message);
});

test.serial("sweeping leaves a living plant alone", async (t) => {
  const number = nextBlock();
  const { folder, pid } = await startHolder(t, number);
  await sweepDeadPlants(t.log);
  t.true(existsSync(folder));
  t.true(treesOf([pid]).length > 0);
});

test.serial("a killed owner's processes and folder are gone after the next run's sweep", async (t) => {
  const number = nextBlock();
  const { holder, ended, folder, pid } = await startHolder(t, number);
  holder.kill("SIGKILL");
  await ended;
  t.true(treesOf([pid]).length > 0);
  const lines: string[] = [];
  await sweepDeadPlants((line) => lines.push(line));
  t.deepEqual(treesOf([pid]), []);
  t.false(existsSync(folder));
  t.true(
    lines.some((line) => line.includes(`127.${number}.0.0/16 after process ${holder.pid}`)),
    lines.join("\n"),
  );
});

test.serial("a killed owner's block can be taken at once", async (t) => {
  const number = nextBlock();
  const { holder, ended, pid } = await startHolder(t, number);
  holder.kill("SIGKILL");
  await ended;
  releaseAfter(t, await acquireBlock(number, options));
  t.deepEqual(treesOf([pid]), []);
});

test.serial("a block that is released ends what its run has left, whatever group that is in", async (t) => {
  const block = await acquireBlock(nextBlock(), options);
  const env = { ...process.env, [runVariable]: block.run };
  const left = spawn("sleep", ["600"], { detached: true, env });
  t.teardown(() => left.kill("SIGKILL"));
  const ended = new Promise((resolve) => left.once("exit", (_, signal) => resolve(signal)));
  await poll({
    deadlineMs: 5000,
    until: () => processesWithEnvironment(`${runVariable}=${block.run}`).length > 0 || "not started",
  });
  await block.release();
  t.is(await ended, "SIGKILL");
});

test.serial("a recorded pid that now belongs to somebody else is not killed", async (t) => {
  const stranger = spawn("sleep", ["600"]);
  t.teardown(() => stranger.kill("SIGKILL"));
  const folder = folderOfBlock(nextBlock());
  mkdirSync(folder);
  const pid = stranger.pid ?? 0;
  const startTicks = readStat(pid)?.startTicks ?? 0;
  recordProcess(folder, { name: "recycled", pid, startTicks: startTicks - 1 });
  await sweepDeadPlants(t.log);
  t.false(existsSync(folder));
  t.true(isRunning({ pid, startTicks }));
});

test.serial("a manifest that was cut in the middle of a line does not stop the sweep", async (t) => {
  const folder = folderOfBlock(nextBlock());
  mkdirSync(folder);
  writeFileSync(path.join(folder, "processes.jsonl"), '{"name":"nsd","pid":');
  await sweepDeadPlants(t.log);
  t.false(existsSync(folder));
});

test.serial("a block in which somebody else listens is refused", async (t) => {
  const number = nextBlock();
  const stranger = net.createServer();
  await new Promise<void>((resolve) => stranger.listen({ host: `127.${number}.1.11`, port: 0 }, resolve));
  t.teardown(() => stranger.close());
  const error = await t.throwsAsync(acquireBlock(number, options));
  t.regex(error.message, /somebody listens on 127\.\d+\.1\.11:/);
});

test.serial("a client port that is taken on every address is named", async (t) => {
  const stranger = net.createServer();
  await new Promise<void>((resolve) => stranger.listen({ host: "0.0.0.0", port: 0 }, resolve));
  t.teardown(() => stranger.close());
  const { port: clientPort } = stranger.address() as net.AddressInfo;
  const error = await t.throwsAsync(acquireBlock(nextBlock(), { ...options, clientPort }));
  t.like(error, { code: "NO_FREE_BLOCK" });
  t.true(error.message.includes(`Port ${clientPort} `));
});

test.serial("two drills get two blocks, each with a folder closed to others", async (t) => {
  const blocks = await Promise.all([acquireDrillBlock(options), acquireDrillBlock(options)]);
  blocks.forEach((block) => releaseAfter(t, block));
  t.not(blocks[0].number, blocks[1].number);
  t.deepEqual(
    blocks.map(({ folder }) => statSync(folder).mode & 0o777),
    [0o700, 0o700],
  );
});
