import { join } from "node:path";
import test from "ava";
import { type SetUp, setUp } from "../../drill/set-up.ts";
import { rehearsal } from "../../drill/stage.ts";
import { pulumi, setConfig, setConfigPaths, up } from "../../engine/pulumi.ts";
import { degraded, type DegradedName } from "../../infra/topologies.ts";
import { requestsOf, requestsSince } from "./cloud-requests.ts";

const project = join(import.meta.dirname, "../..");
const failover = { stack: "failover", deadlineSeconds: 180 };
let ready: SetUp;
const stop = (error: Error): void => {
  throw error;
};

test.serial.before(async (t) => {
  t.timeout(600_000, "set-up of the toolchain and a plant");
  const { signal } = new AbortController();
  ready = await setUp({ project, timing: rehearsal, report: (line) => t.log(line), signal, stop });
});

test.serial.after.always(() => ready?.close());

/** The plain act, and what it asked the clouds for. */
async function switchTo(topology: string) {
  const { workspace, local } = ready;
  await setConfig(workspace, "failover", ["topology", topology]);
  const sinceMs = Number(process.hrtime.bigint()) / 1e6;
  await up(workspace, failover);
  const { polls: _polls, ...requests } = await requestsSince(local, sinceMs);
  return requests;
}

test.serial("an up without a change asks no cloud for anything", async (t) => {
  t.deepEqual(await switchTo("normal"), { records: 0, resources: {}, reads: 0, tokens: 0 });
});

const asksFor = test.macro<[DegradedName]>({
  async exec(t, name) {
    t.timeout(180_000, "two updates by the real engine");
    const there = await switchTo(name);
    await switchTo("normal");
    t.deepEqual(there, requestsOf[name]);
  },
  title: (_, name) => `a switch to ${name} makes the requests that the table says, and no other`,
});

const { "database-restored": _restored, ...others } = degraded;
for (const name of Object.keys(others) as DegradedName[]) test.serial(asksFor, name);

// The last: a restore point stays for ever.
test.serial("a restore makes a database and tells hosts of it, and asks for nothing else", async (t) => {
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  await setConfigPaths(ready.workspace, "failover", [["failover-stacks:restores[0].at", at]]);
  t.deepEqual(await switchTo("database-restored"), requestsOf["database-restored"]);
});

test.serial("no switch needs SSH: the failover stack has no remote command", async (t) => {
  const exported = await pulumi(ready.workspace, ["stack", "export", "-s", "failover"], failover);
  t.regex(exported, /command:local:Command/);
  t.notRegex(exported, /command:remote:Command/);
});
