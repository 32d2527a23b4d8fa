import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import type { Host } from "../../drill/faults/fault.ts";
import { ask } from "../../drill/faults/reach.ts";
import { type SetUp, setUp } from "../../drill/set-up.ts";
import { rehearsal } from "../../drill/stage.ts";
import { waitUntil } from "../../drill/wait.ts";
import { changed } from "../../engine/events.ts";
import { outputs, setConfig, stateOf, up } from "../../engine/pulumi.ts";
import { failBack } from "../../recovery/failback.ts";
import { switchTopology } from "../../recovery/switch.ts";
import { monotonicMs } from "../../watch/journal.ts";
import { controlOf, project } from "../engine/fresh-plant.ts";

const signal = new AbortController().signal;
let ready: SetUp;
const stop = (error: Error): void => {
  throw error;
};

test.serial.before(async (t) => {
  t.timeout(600_000, "set-up of the toolchain and a plant");
  ready = await setUp({ project, timing: rehearsal, report: (line) => t.log(line), signal, stop });
});

test.serial.after.always(() => ready?.close());

const switchTo = (topology: string) => switchTopology(ready.workspace, { topology, deadlineSeconds: 120 });

const writtenSince = async (ms: number) =>
  (await ready.plant.writesSince(ms)).map(({ what, method }) => `${method} ${what}`);

/** What a client gets that holds a server's own address, and comes from the Internet. */
async function callDirectly(host: Host): Promise<string> {
  const { plant, local } = ready;
  const reach = (name: Host) => ({ ...plant.reach(name), localAddress: local.plant.addresses.clients });
  const { status, body } = await ask({ reach }, host, "/v1/echo");
  return status === null ? body : String(status);
}

/** A topology that is live, one that would shut its clients out, and the way that is named instead. */
const shutOut: [live: string, asked: string, instead: string][] = [
  ["lb-direct", "normal", "bypass-open"],
  ["lb-backup-direct", "lb-backup", "bypass-open+lb-backup"],
  ["lb-backup-direct+storage-secondary", "storage-secondary", "bypass-open+storage-secondary"],
];

test.serial(
  "straight from dns-only, a topology that closes the bypass is refused before anything is written",
  async (t) => {
    const { workspace } = ready;
    const file = join(workspace.folder, "Pulumi.failover.yaml");
    for (const [live, asked, instead] of shutOut) {
      await switchTo(live);
      const before = await readFile(file, "utf8");
      const sinceMs = monotonicMs();
      const error = await t.throwsAsync(switchTo(asked), { message: /^BYPASS_STILL_IN_USE\n/ });
      t.regex(error.message, /\n {2}the record is dns-only: /);
      t.true(
        error.message.includes(`Next: pulumi config set topology ${instead} -s failover && `),
        error.message,
      );
      t.true(error.message.endsWith(`wait 70 s, then ${asked}`), error.message);
      t.is(await readFile(file, "utf8"), before);
      t.deepEqual(await writtenSince(sinceMs), []);
    }
  },
);

test.serial(
  "what is still broken stays on the way back: bypass-open joined with it is let through",
  async (t) => {
    await switchTo("bypass-open+lb-backup");
    t.like(await outputs(ready.workspace, "failover"), {
      edge: "proxied",
      origin: "load-balancer-backup",
      bypass: "open",
    });
    t.is(await callDirectly("load-balancer-backup"), "200");
    t.like(await switchTo("normal"), { changes: { update: 2 } });
  },
);

test.serial(
  "clients that hold a server's address are served until their TTL is over, and let in no longer than that",
  async (t) => {
    t.timeout(300_000);
    await switchTo("lb-direct");
    const acts: { topology: string; atMs: number }[] = [];
    const calls: { atMs: number; answer: string }[] = [];
    const onAct = (topology: string) => void acts.push({ topology, atMs: monotonicMs() });
    const over = { done: false };
    const back = failBack(ready.workspace, { ttlDivisor: 10, deadlineSeconds: 120, onAct }).finally(() => {
      over.done = true;
    });
    while (!over.done && acts.length < 2) {
      const atMs = monotonicMs();
      calls.push({ atMs, answer: await callDirectly("load-balancer-main") });
    }
    await back;
    t.deepEqual(
      acts.map(({ topology }) => topology),
      ["bypass-open", "normal"],
    );
    const [first, second] = acts.map(({ atMs }) => atMs);
    // 60 s of TTL and 10 s of margin, ten times as fast.
    t.true((second ?? 0) - (first ?? 0) > 7000);
    const inside = calls.filter(({ atMs }) => atMs < (second ?? 0));
    t.true(inside.length > 20);
    t.deepEqual([...new Set(inside.map(({ answer }) => answer))], ["200"]);
    t.is(await callDirectly("load-balancer-main"), "silent");
  },
);

test.serial("from a topology behind the edge the way back is one act", async (t) => {
  await switchTo("lb-backup");
  const acts: string[] = [];
  await failBack(ready.workspace, { ttlDivisor: 1, deadlineSeconds: 120, onAct: (name) => acts.push(name) });
  t.deepEqual(acts, ["normal"]);
});

test.serial(
  "where the firewall alone is open, the way back waits as if the record had moved just now",
  async (t) => {
    await switchTo("bypass-open");
    const acts: { topology: string; atMs: number }[] = [];
    const onAct = (topology: string) => void acts.push({ topology, atMs: monotonicMs() });
    const beganMs = monotonicMs();
    await failBack(ready.workspace, { ttlDivisor: 10, deadlineSeconds: 120, onAct });
    t.deepEqual(
      acts.map(({ topology }) => topology),
      ["normal"],
    );
    t.true((acts[0]?.atMs ?? 0) - beganMs > 7000);
  },
);

test.serial(
  "an engine that is killed between the firewall and the record is completed by the same up",
  async (t) => {
    t.timeout(300_000);
    const { workspace, plant } = ready;
    await plant.setCloudflareApi("refuse");
    await setConfig(workspace, "failover", ["topology", "lb-direct"]);
    const sinceMs = monotonicMs();
    const args = ["up", "-s", "failover", "--yes", "--skip-preview", "--non-interactive"];
    const options = { cwd: workspace.folder, env: workspace.env, stdio: "ignore" } as const;
    const engine = spawn(workspace.pulumi, args, options);
    t.teardown(() => engine.kill("SIGKILL"));
    const rules = ["PUT security rule"];
    const opened = async () => (await writtenSince(sinceMs)).length === rules.length;
    t.true(await waitUntil(opened, { deadlineMs: 60_000, signal }));
    engine.kill("SIGKILL");
    if (engine.signalCode === null) await once(engine, "exit");
    t.deepEqual(await writtenSince(sinceMs), rules);
    t.is((await outputs(workspace, "failover"))["topology"], "normal");
    await plant.setCloudflareApi("none");
    const resumedMs = monotonicMs();
    await switchTo("lb-direct");
    t.true((await writtenSince(resumedMs)).includes("PUT record"));
    t.is((await outputs(workspace, "failover"))["topology"], "lb-direct");
    t.is(await callDirectly("load-balancer-main"), "200");
    t.is(changed((await up(workspace, { stack: "failover", deadlineSeconds: 120 })).changes), 0);
    t.deepEqual((await stateOf(workspace, "failover")).pending_operations ?? [], []);
    await failBack(workspace, { ttlDivisor: 1000, deadlineSeconds: 120, onAct: () => {} });
  },
);

test.serial(
  "after half a switch outputs still name the old topology, and the way back is the long one all the same",
  async (t) => {
    t.timeout(300_000);
    const { workspace, local } = ready;
    const control = controlOf(local);
    const secondary = (writes: "refused" | "served") =>
      control("PUT", "/-/azure/region", { location: "northeurope", writes });
    await secondary("refused");
    const sinceMs = monotonicMs();
    const half = t.throwsAsync(switchTo("lb-direct+api-backup-only"), {
      message: /^ENGINE_FAILED\n {2}KeyValue failover: AuthorizationFailed/,
    });
    // The settings are tried again and again until the record has moved; only then are they refused for good.
    const moved = async () => (await writtenSince(sinceMs)).includes("PUT record");
    t.true(await waitUntil(moved, { deadlineMs: 60_000, signal }));
    await control("PUT", "/-/azure/refusal", {
      type: "Microsoft.AppConfiguration/configurationStores/keyValues",
      status: 403,
      code: "AuthorizationFailed",
      message: "The client does not have authorization to perform action.",
      times: 1,
    });
    await secondary("served");
    await half;
    t.like(await outputs(workspace, "failover"), { topology: "normal", edge: "proxied", bypass: "closed" });
    await t.throwsAsync(switchTo("normal"), { message: /^BYPASS_STILL_IN_USE\n/ });
    const acts: string[] = [];
    await failBack(workspace, { ttlDivisor: 1000, deadlineSeconds: 120, onAct: (name) => acts.push(name) });
    t.deepEqual(acts, ["bypass-open", "normal"]);
    t.is(changed((await up(workspace, { stack: "failover", deadlineSeconds: 120 })).changes), 0);
  },
);

test.serial("outputs do not name a topology whose workers were refused", async (t) => {
  const { workspace, local } = ready;
  await controlOf(local)("PUT", "/-/azure/refusal", {
    type: "Microsoft.Compute/virtualMachineScaleSets",
    status: 409,
    code: "OperationNotAllowed",
    message:
      "Operation could not be completed as it results in exceeding approved Total Regional Cores quota.",
    times: 1,
  });
  await t.throwsAsync(switchTo("workers-scaled"), { message: /^ENGINE_FAILED\n.*OperationNotAllowed/ });
  t.like(await outputs(workspace, "failover"), { topology: "normal", workers: "at-rest" });
  await switchTo("normal");
});
