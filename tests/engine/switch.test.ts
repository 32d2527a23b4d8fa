import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { rehearsal } from "../../drill/stage.ts";
import { type SetUp, setUp } from "../../drill/set-up.ts";
import { changed, type Changes } from "../../engine/events.ts";
import { breakDeadLocks } from "../../engine/locks.ts";
import { outputs, pulumi, setConfig, setConfigPaths, up } from "../../engine/pulumi.ts";
import { axesOf } from "../../infra/compose.ts";
import { databaseName } from "../../infra/names.ts";
import { type Axes, degraded, type DegradedName } from "../../infra/topologies.ts";
import { failBack } from "../../recovery/failback.ts";
import { switchTopology } from "../../recovery/switch.ts";
import { waitUntil } from "../../drill/wait.ts";
import { monotonicMs } from "../../watch/journal.ts";

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

/** Resources that a switch between two topologies updates: record, rule, settings, a look at the account, promotion, pool. */
function updatesBetween(from: Axes, to: Axes): number {
  const differ = (...axes: (keyof Axes)[]) => axes.some((axis) => from[axis] !== to[axis]);
  const counted: [boolean, number][] = [
    [differ("edge", "origin"), 1],
    [differ("bypass"), 1],
    [differ("api", "database", "storage") && !isPromotionOnly(from, to), 1],
    [differ("storage"), 1],
    [(from.database === "secondary") !== (to.database === "secondary"), 1],
    [differ("workers"), 1],
  ];
  return counted.reduce((sum, [counts, n]) => sum + (counts ? n : 0), 0);
}

/** Hosts use the failover group's name in both regions: a promotion tells them nothing new. */
function isPromotionOnly(from: Axes, to: Axes): boolean {
  const seen = ({ api, storage, database }: Axes) => [api, storage, database === "restored"].join();
  return seen(from) === seen(to);
}

/** What is live, over all tests of this file: they follow one another, as switches do. */
let live = "normal";

async function switchTo(topology: string): Promise<Changes> {
  const { changes } = await switchTopology(ready.workspace, { topology, deadlineSeconds: 120 });
  live = topology;
  return changes;
}

const switchesCleanly = test.macro<[DegradedName]>({
  async exec(t, name) {
    const { workspace } = ready;
    // From a dns-only topology the way to one with the bypass closed is through bypass-open.
    if (axesOf(live).edge === "dns-only" && axesOf(name).bypass === "closed") await switchTo("bypass-open");
    const expected = updatesBetween(axesOf(live), axesOf(name));
    const { same, ...changes } = await switchTo(name);
    t.deepEqual(changes, { update: expected });
    t.true((same ?? 0) > 50);
    const { topology, ...found } = await outputs(workspace, "failover");
    t.like(found, { ...axesOf(name) });
    t.is(topology, name);
  },
  title: (_, name) => `${name} is reached by updates in place, as many as its axes ask for`,
});

test.serial.before("a restore point", async () => {
  const at = new Date().toISOString().replace(/\.\d+/, "");
  // And whoever goes back from it goes back to the old data on purpose.
  await setConfigPaths(ready.workspace, "failover", [
    ["failover-stacks:restores[0].at", at],
    ["failover-stacks:liveDatabase", databaseName],
  ]);
  await up(ready.workspace, failover);
});

for (const name of Object.keys(degraded) as DegradedName[]) test.serial(switchesCleanly, name);

test.serial(
  "several at once are one switch, after which an up changes nothing, and the way back leaves nothing over",
  async (t) => {
    const everything = "lb-direct+api-backup-only+storage-secondary+workers-scaled";
    const updates = updatesBetween(axesOf(live), axesOf(everything));
    t.like(await switchTo(everything), { update: updates });
    t.is(changed((await up(ready.workspace, failover)).changes), 0);
    await failBack(ready.workspace, { ttlDivisor: 1000, deadlineSeconds: 120, onAct: () => {} });
    live = "normal";
    t.is(changed((await up(ready.workspace, failover)).changes), 0);
  },
);

test.serial(
  "a proxied switch is one request to Cloudflare's API and none to Azure's, and an up without a change is none at all",
  async (t) => {
    const { workspace, plant } = ready;
    const sinceMs = monotonicMs();
    await up(workspace, failover);
    t.deepEqual(await plant.writesSince(sinceMs), []);
    for (const name of ["lb-backup", "api-behind-edge", "normal"]) {
      const beganMs = monotonicMs();
      await switchTo(name);
      const writes = await plant.writesSince(beganMs);
      t.deepEqual(
        writes.map(({ what, method, status }) => [what, method, status]),
        [["record", "PUT", 200]],
        name,
      );
    }
  },
);

test.serial("a preview shows the switch and sends nothing", async (t) => {
  const { workspace, plant } = ready;
  const sinceMs = monotonicMs();
  await setConfig(workspace, "failover", ["topology", "lb-direct"]);
  const text = await pulumi(workspace, ["preview", "-s", "failover"], failover);
  t.regex(text, /~ 2 to update/);
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
  await t.throwsAsync(switchTopology(workspace, { topology: "lb-backup", deadlineSeconds: 10 }), {
    message: /^ENGINE_DEADLINE\n[^]*Next: pulumi up -s failover/,
  });
  t.is(
    (await outputs(workspace, "failover"))["topology"],
    "normal",
    "outputs name a topology that is not live",
  );
  await plant.setCloudflareApi("none");
  t.like(await switchTo("lb-backup"), { update: 1 });
  await switchTo("normal");
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
