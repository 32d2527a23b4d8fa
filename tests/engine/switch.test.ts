import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { rehearsal } from "../../drill/stage.ts";
import { type SetUp, setUp } from "../../drill/set-up.ts";
import { changed } from "../../engine/events.ts";
import { breakDeadLocks } from "../../engine/locks.ts";
import { outputs, pulumi, setConfig, up } from "../../engine/pulumi.ts";
import { axesOf } from "../../infra/compose.ts";
import { degraded, type DegradedName } from "../../infra/topologies.ts";
import { switchTopology } from "../../recovery/switch.ts";
import { waitUntil } from "../../drill/wait.ts";

const project = join(import.meta.dirname, "../..");
const signal = new AbortController().signal;
const failover = { stack: "failover", deadlineSeconds: 120 };
let ready: SetUp;
const stop = (error: Error): void => {
  throw error;
};

test.serial.before(async (t) => {
  t.timeout(600_000, "set-up of the toolchain and a plant");
  ready = await setUp({ project, timing: rehearsal, report: (line) => t.log(line), signal, stop });
});

test.serial.after.always(() => ready?.close());

const switchesCleanly = test.macro<[DegradedName]>({
  async exec(t, name) {
    const { workspace } = ready;
    const there = await switchTopology(workspace, { topology: name, deadlineSeconds: 120 });
    t.deepEqual(there.changes, { update: 1, same: 4 });
    const { edge, origin, topology } = await outputs(workspace, "failover");
    t.deepEqual({ edge, origin }, axesOf(name));
    t.is(topology, name);
    t.is(changed((await up(workspace, failover)).changes), 0);
    const back = await switchTopology(workspace, { topology: "normal", deadlineSeconds: 120 });
    t.deepEqual(back.changes, { update: 1, same: 4 });
    t.is(changed((await up(workspace, failover)).changes), 0);
  },
  title: (_, name) =>
    `${name} is one update in place, up again changes nothing, and back leaves nothing over`,
});

for (const name of Object.keys(degraded) as DegradedName[]) test.serial(switchesCleanly, name);

test.serial("a switch is one request to Cloudflare's API, and an up without a change is none", async (t) => {
  const { workspace, plant } = ready;
  const sinceMs = Number(process.hrtime.bigint()) / 1e6;
  await up(workspace, failover);
  t.deepEqual(await plant.writesSince(sinceMs), []);
  await switchTopology(workspace, { topology: "lb-backup", deadlineSeconds: 120 });
  const writes = await plant.writesSince(sinceMs);
  t.deepEqual(
    writes.map(({ method, status }) => [method, status]),
    [["PUT", 200]],
  );
  await switchTopology(workspace, { topology: "normal", deadlineSeconds: 120 });
});

test.serial("a preview shows the switch and sends nothing", async (t) => {
  const { workspace, plant } = ready;
  const sinceMs = Number(process.hrtime.bigint()) / 1e6;
  await setConfig(workspace, "failover", ["topology", "lb-direct"]);
  const text = await pulumi(workspace, ["preview", "-s", "failover"], failover);
  t.regex(text, /~ 1 to update/);
  t.deepEqual(await plant.writesSince(sinceMs), []);
  await setConfig(workspace, "failover", ["topology", "normal"]);
});

test.serial("an unknown topology is refused before the stack file is touched", async (t) => {
  const { workspace } = ready;
  const file = join(workspace.folder, "Pulumi.failover.yaml");
  const before = await readFile(file, "utf8");
  await t.throwsAsync(switchTopology(workspace, { topology: "lb-directt", deadlineSeconds: 120 }), {
    message: /^UNKNOWN_TOPOLOGY/,
  });
  t.is(await readFile(file, "utf8"), before);
});

test.serial(
  "a mistake in the stack file comes through the engine as the program's own message",
  async (t) => {
    const { workspace } = ready;
    const file = join(workspace.folder, "Pulumi.failover.yaml");
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace("topology: normal", "topology: lb-direct+lb-backup"));
    const error = await t.throwsAsync(up(workspace, failover));
    t.is(
      error.message,
      [
        "CONFLICTING_TOPOLOGIES",
        "  lb-direct+lb-backup: lb-direct sets edge to dns-only, lb-backup sets it to proxied.",
        "  In: Pulumi.failover.yaml, key failover-stacks:topology",
        "  Next: choose one: pulumi config set topology lb-direct -s failover && pulumi up -s failover",
      ].join("\n"),
    );
    await writeFile(file, before);
  },
);

test.serial("a wrong passphrase is one clear message", async (t) => {
  const { workspace } = ready;
  const env = { ...workspace.env, PULUMI_CONFIG_PASSPHRASE: "wrong" };
  await t.throwsAsync(up({ ...workspace, env }, failover), {
    message: /^WRONG_PASSPHRASE\n[^]*Next: export PULUMI_CONFIG/,
  });
});

test.serial("a stack that was never deployed here is one clear message", async (t) => {
  const { workspace } = ready;
  const env = { ...workspace.env, PULUMI_BACKEND_URL: `file://${ready.local.folder}` };
  await t.throwsAsync(up({ ...workspace, env }, failover), {
    message: /^STACK_NOT_DEPLOYED\n[^]*Next: pulumi stack init failover/,
  });
});

test.serial("an up that hangs is stopped at its deadline, and the next one completes it", async (t) => {
  const { workspace, plant } = ready;
  await plant.setCloudflareApi("refuse");
  await t.throwsAsync(switchTopology(workspace, { topology: "lb-direct", deadlineSeconds: 5 }), {
    message: /^ENGINE_DEADLINE\n[^]*Next: pulumi up -s failover/,
  });
  t.is(
    (await outputs(workspace, "failover"))["topology"],
    "normal",
    "outputs name a topology that is not live",
  );
  await plant.setCloudflareApi("none");
  const { changes } = await switchTopology(workspace, { topology: "lb-direct", deadlineSeconds: 120 });
  t.deepEqual(changes, { update: 1, same: 4 });
  await switchTopology(workspace, { topology: "normal", deadlineSeconds: 120 });
});

test.serial(
  "an engine that is killed half-way leaves a lock that the next switch breaks, and nothing over",
  async (t) => {
    const { workspace, plant, local } = ready;
    await plant.setCloudflareApi("refuse");
    await setConfig(workspace, "failover", ["topology", "lb-backup"]);
    const args = ["up", "-s", "failover", "--yes", "--skip-preview", "--non-interactive"];
    const engine = spawn(workspace.pulumi, args, {
      cwd: workspace.folder,
      env: workspace.env,
      stdio: "ignore",
    });
    t.teardown(() => engine.kill("SIGKILL"));
    const locks = join(local.folder, "state/.pulumi/locks/organization/failover-stacks/failover");
    const locked = () => existing(locks).some((name) => name.endsWith(".json"));
    t.true(await waitUntil(locked, { deadlineMs: 60_000, signal }), "no lock appeared");
    t.false(await breakDeadLocks(workspace, "failover"), "a living owner's lock was broken");
    engine.kill("SIGKILL");
    await waitUntil(() => engine.signalCode !== null, { deadlineMs: 10_000, signal });
    await t.throwsAsync(up(workspace, failover), { message: /^STACK_LOCKED\n[^]*pulumi cancel -s failover/ });
    await plant.setCloudflareApi("none");
    await switchTopology(workspace, { topology: "lb-backup", deadlineSeconds: 120 });
    t.deepEqual(await outputs(workspace, "failover").then(({ origin }) => origin), "load-balancer-backup");
    await switchTopology(workspace, { topology: "normal", deadlineSeconds: 120 });
    t.is(changed((await up(workspace, failover)).changes), 0);
  },
);

test.serial(
  "setting a key and setting it back leaves the committed stack file as it was, byte for byte",
  async (t) => {
    const { workspace } = ready;
    const committed = await readFile(join(project, "Pulumi.failover.yaml"), "utf8");
    const file = join(workspace.folder, "Pulumi.failover.yaml");
    const mine = await readFile(file, "utf8");
    await writeFile(file, committed);
    await setConfig(workspace, "failover", ["topology", "api-direct"]);
    t.not(await readFile(file, "utf8"), committed);
    await setConfig(workspace, "failover", ["topology", "normal"]);
    t.is(await readFile(file, "utf8"), committed);
    await writeFile(file, mine);
  },
);

function existing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It appears with the first lock.
  }
}
