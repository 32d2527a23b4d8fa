import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import test, { type ExecutionContext } from "ava";
import { writeLauncher } from "../../../../local/plugins/launcher.ts";
import { prepareToolchain } from "../../../../local/toolchain/prepare.ts";
import { openAzure, type TestCloud } from "../../cloud/azure/azure-fixture.ts";
import { armEnvironment } from "./plugin-fixture.ts";
import { declareFarSide } from "./far-side.ts";
import { declarePlant, type Wishes } from "./whole-plant.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const wishes: Wishes = {
  priority: 100,
  network: "127.0.4.0/24",
  queue: "jobs",
  setting: "{}",
  tags: { plant: "local" },
};

/** A stack of the real engine that acts on a local cloud through the stand-in. */
async function openStack(t: ExecutionContext, cloud: TestCloud): Promise<Stack> {
  const { pulumi } = await prepareToolchain((line) => t.log(line));
  const folder = temporaryFolder();
  const bin = join(folder, "bin");
  for (const name of ["bin", "state", "work"]) mkdirSync(join(folder, name));
  symlinkSync(pulumi.path, join(bin, "pulumi"));
  writeLauncher({ plugin: "azure-native", folder: bin, node: process.execPath });
  const program = async () => {};
  return LocalWorkspace.createOrSelectStack(
    { stackName: "plant", projectName: "plugin", program },
    {
      workDir: join(folder, "work"),
      pulumiHome: join(folder, "home"),
      pulumiCommand: await PulumiCommand.get({ root: folder, skipVersionCheck: true }),
      envVars: {
        ...armEnvironment(cloud),
        PATH: `${bin}:/usr/bin:/bin`,
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    },
  );
}

async function up(stack: Stack, change: Partial<Wishes> = {}) {
  stack.workspace.program = async () => declarePlant({ ...wishes, ...change });
  const { summary, outputs } = await stack.up();
  return { changes: summary.resourceChanges, outputs };
}

test("a whole plant goes up, stays, changes in place, survives a refresh and goes down", async (t) => {
  t.timeout(300_000, "several updates by the real engine");
  const cloud = await openAzure(t);
  const stack = await openStack(t, cloud);
  const created = await up(stack);
  t.deepEqual(created.changes, { create: 20 });
  t.like(created.outputs, {
    address: { value: "127.0.5.5" },
    state: { value: "Succeeded" },
    database: { value: "Online" },
  });
  t.regex(String(created.outputs.url?.value), /^https:\/\/saasstore1\.queue\./);
  t.deepEqual((await up(stack)).changes, { same: 20 });
  const changed = { priority: 200, setting: '{"api":"main"}', tags: {}, queue: "more-jobs" };
  t.deepEqual((await up(stack, changed)).changes, { same: 16, update: 3, replace: 1 });
  const refreshed = await stack.refresh();
  t.deepEqual(refreshed.summary.resourceChanges, { same: 20 });
  t.deepEqual((await up(stack, changed)).changes, { same: 20 });
  await stack.destroy();
  t.is((await cloud.call("GET", "resourceGroups/plant")).status, 404);
});

test("a machine that failed its first boot is repaired by the same up, with nothing left over", async (t) => {
  t.timeout(300_000, "several updates by the real engine");
  const cloud = await openAzure(t);
  const stack = await openStack(t, cloud);
  cloud.plant.boots.push({ code: "OSProvisioningClientError", message: "unit haproxy.service failed" });
  await t.throwsAsync(up(stack), {
    message:
      /azure-native:compute:VirtualMachine.*Code="OSProvisioningClientError".*unit haproxy\.service failed/s,
  });
  const repaired = await up(stack);
  t.is(repaired.changes?.update, 1);
  t.deepEqual((await up(stack)).changes, { same: 20 });
  await stack.destroy();
});

test("what changed in the cloud is found by a refresh and put back by the next up", async (t) => {
  t.timeout(300_000, "several updates by the real engine");
  const cloud = await openAzure(t);
  const stack = await openStack(t, cloud);
  await up(stack);
  await cloud.settle("PATCH", "resourceGroups/plant", { tags: { plant: "other" } });
  t.deepEqual((await up(stack)).changes, { same: 20 });
  t.deepEqual((await stack.refresh()).summary.resourceChanges, { same: 19, update: 1 });
  t.deepEqual((await up(stack)).changes, { same: 19, update: 1 });
  t.like(await cloud.call("GET", "resourceGroups/plant"), { body: { tags: { plant: "local" } } });
});

test("workers, databases and their failover group go up, stay, scale in place and go down", async (t) => {
  t.timeout(300_000, "several updates by the real engine");
  const cloud = await openAzure(t);
  const stack = await openStack(t, cloud);
  const scale = async (workers: number) => {
    stack.workspace.program = async () => declareFarSide({ workers });
    return stack.up();
  };
  const { summary, outputs } = await scale(1);
  t.deepEqual(summary.resourceChanges, { create: 15 });
  t.is(outputs.role?.value, "Primary");
  t.deepEqual((await scale(1)).summary.resourceChanges, { same: 15 });
  t.deepEqual((await scale(2)).summary.resourceChanges, { same: 14, update: 1 });
  t.deepEqual((await stack.refresh()).summary.resourceChanges, { same: 15 });
  await stack.destroy();
  t.is((await cloud.call("GET", "resourceGroups/far")).status, 404);
});
