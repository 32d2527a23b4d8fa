import { join } from "node:path";
import test from "ava";
import { type SetUp, setUp } from "../../drill/set-up.ts";
import { rehearsal } from "../../drill/stage.ts";
import { pulumi, setConfig, up } from "../../engine/pulumi.ts";
import { axesOf } from "../../infra/compose.ts";
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
    t.timeout(180_000, "two or three updates by the real engine");
    const there = await switchTo(name);
    if (axesOf(name).edge === "dns-only") await switchTo("bypass-open");
    await switchTo("normal");
    t.deepEqual(there, requestsOf[name]);
  },
  title: (_, name) => `a switch to ${name} makes the requests that the table says, and no other`,
});

for (const name of Object.keys(degraded) as DegradedName[]) {
  if (name !== "database-restored") test.serial(asksFor, name);
}

test.serial("no switch needs SSH: the failover stack has no remote command", async (t) => {
  const exported = await pulumi(ready.workspace, ["stack", "export", "-s", "failover"], failover);
  t.regex(exported, /command:local:Command/);
  t.notRegex(exported, /command:remote:Command/);
});
