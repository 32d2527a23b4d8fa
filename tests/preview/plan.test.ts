import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { isSamePlan, type Plan, planOf, type ResourceChange } from "../../engine/preview-plan.ts";
import { programFailure } from "../../engine/preview.ts";
import { differenceLines } from "../../evidence/preview/details.ts";
import {
  type Live,
  liveIn,
  refusedTopology,
  restoreFindings,
  switchedByMerging,
} from "../../evidence/preview/live.ts";
import { mattersToRecovery } from "../../evidence/preview/git.ts";
import { Pool } from "../../evidence/preview/pool.ts";
import { ttlFindings } from "../../evidence/preview/budget.ts";
import type { Version } from "../../evidence/preview/report.ts";
import { logOf, versions } from "./cases.ts";
import { changed, recorded, withStep } from "./streams.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const switchTo = recorded("preview-lb-direct");
const settings = (value: object) =>
  withStep(switchTo, ":KeyValue::failover", (step) => ({
    ...step,
    op: "update",
    old: { ...step.old, inputs: { value: JSON.stringify({ api: "both", storage: { account: "one" } }) } },
    new: { ...step.new, inputs: { value: JSON.stringify(value) } },
    detailedDiff: { value: { diffKind: "update", inputDiff: false } },
  }));

test("a preview and the up that follows it have the same plan", (t) => {
  const [announced, done] = [planOf(logOf(switchTo)), planOf(logOf(recorded("up-lb-direct")))];
  t.deepEqual(announced.changes, [
    {
      resource: "SecurityRule bypass",
      kind: "update",
      inputs: [{ path: "access", from: "Deny", to: "Allow" }],
    },
    {
      resource: "DnsRecord client",
      kind: "update",
      inputs: [
        { path: "proxied", from: "true", to: "false" },
        { path: "ttl", from: "1", to: "60" },
      ],
    },
  ]);
  t.true(isSamePlan(announced, done));
});

test("the order in which the engine works on resources makes no other plan", (t) => {
  const plan = planOf(logOf(switchTo));
  t.true(isSamePlan(plan, { ...plan, changes: plan.changes.toReversed() }));
  t.false(isSamePlan(plan, planOf(logOf(recorded("preview-normal")))));
});

test("settings are compared by what they say", (t) => {
  const { changes } = planOf(logOf(settings({ api: "backup", storage: { account: "one" } })));
  const found = changes.find(({ resource }) => resource === "KeyValue failover");
  t.deepEqual(found?.inputs, [{ path: "value.api", from: "both", to: "backup" }]);
});

test("a replacement is one change, with what causes it", (t) => {
  const { changes, counts } = planOf(logOf(recorded("preview-record-type")));
  t.deepEqual(changes, [
    { resource: "DnsRecord client", kind: "replace", inputs: [{ path: "type", from: "A", to: "CNAME" }] },
  ]);
  t.deepEqual(counts, { create: 0, update: 0, replace: 1, delete: 0, other: 0 });
});

test("what a created resource is made of is part of the plan, and a secret is none of it", (t) => {
  const { changes } = planOf(logOf(recorded("preview-renamed-database")));
  const database = changes.find(({ kind }) => kind === "create");
  t.true(database?.inputs.some(({ path, to }) => path === "databaseName" && to === "saas"));
  const secret = planOf(logOf(recorded("preview-host"))).changes.find(({ kind }) => kind === "replace");
  t.deepEqual(secret?.inputs, [{ path: "osProfile.customData", from: "[secret]", to: "[secret]" }]);
});

test("the program's own last words are told from a resource that failed", (t) => {
  t.is(programFailure(logOf(recorded("preview-throws"))), "Error: boom (infra/failover.ts:26)");
  t.is(programFailure(logOf(recorded("up-renamed-record"))), null);
  t.is(programFailure(logOf(recorded("preview-renamed-database"))), null);
  t.is(programFailure(logOf(switchTo)), null);
});

test("colours and stack traces of a program that throws are not repeated", (t) => {
  const coloured = changed(recorded("preview-throws"), (events) =>
    events.map((event) => {
      const diagnostic = event["diagnosticEvent"] as { message: string } | undefined;
      if (!diagnostic) return event;
      return {
        ...event,
        diagnosticEvent: {
          ...diagnostic,
          message: diagnostic.message.replace("boom", "\u001B[90mboom\u001B[39m"),
        },
      };
    }),
  );
  t.is(programFailure(logOf(coloured)), "Error: boom (infra/failover.ts:26)");
});

const normalLive = { degraded: [], restores: [], liveDatabase: "", acceptedLoss: "" };

test("what a merged stack file would switch is told, although a local plant takes none of it", (t) => {
  t.deepEqual(switchedByMerging(normalLive, normalLive), []);
  const degradedLive = {
    degraded: ["lb-direct", "api-backup-only"],
    liveDatabase: "saas-2",
    acceptedLoss: "then",
  };
  const told = switchedByMerging(normalLive, { ...normalLive, ...degradedLive });
  t.deepEqual(
    told.map(({ severity, what }) => `${severity} ${what}`),
    [
      "warns merging sets topology to lb-direct+api-backup-only, normal before (Pulumi.failover.yaml)",
      "warns merging sets liveDatabase to saas-2, the first database before (Pulumi.failover.yaml)",
      "warns merging sets acceptedLoss to then, nothing before (Pulumi.failover.yaml)",
    ],
  );
});

test("a topology that the program refuses blocks", (t) => {
  const refusedFor = (...degraded: string[]) =>
    refusedTopology({ ...normalLive, degraded }).map(({ severity, what }) => `${severity} ${what}`);
  t.deepEqual(refusedFor(), []);
  t.deepEqual(refusedFor("lb-direct", "api-backup-only"), []);
  t.regex(refusedFor("lb-driect").join(), /^blocks .*"lb-driect" is not known\. Did you mean "lb-direct"\?/);
  t.regex(
    refusedFor("lb-direct", "lb-backup").join(),
    /^blocks .*lb-direct sets edge to|^blocks .*sets origin to/,
  );
});

test("what stands in a stack file is read, whatever it is", async (t) => {
  const folder = temporaryFolder();
  const liveWith = async (restores: string) => {
    const text = `config:\n  failover-stacks:topology: lb-direct\n  failover-stacks:restores: ${restores}\n`;
    await writeFile(join(folder, "Pulumi.failover.yaml"), text);
    return (await liveIn(folder)).restores;
  };
  t.deepEqual(await liveWith('[{ at: "2026-11-20T10:00:00Z" }]'), ["2026-11-20T10:00:00Z"]);
  for (const odd of ['"[oops"', "none", "7", "[7, null]"]) t.deepEqual(await liveWith(odd), [], odd);
});

test("a record with another TTL than promises are held against blocks", (t) => {
  const direct = versions.find(({ figures }) => figures.name === "lb-direct");
  if (!direct) throw new Error("it is not recorded");
  const ttlOf = (head: Version) => ttlFindings([{ name: "lb-direct", head }]).map(({ what }) => what);
  t.deepEqual(ttlOf(direct), []);
  const longer = structuredClone(direct);
  for (const { inputs } of longer.plan?.changes ?? [])
    for (const input of inputs) if (input.path === "ttl") input.to = "600";
  t.deepEqual(ttlOf(longer), [
    "in lb-direct the record would be written with a TTL of 600 s, and promises are held against 60 s",
  ]);
  const automatic = structuredClone(direct);
  for (const change of automatic.plan?.changes ?? [])
    change.inputs = change.inputs.filter(({ path }) => path !== "ttl");
  t.deepEqual(ttlOf(automatic), [
    "in lb-direct the record would be written with the TTL of normal, and promises are held against 60 s",
  ]);
});

test("two resources of one type and name are two lines", (t) => {
  const change = (to: string): ResourceChange => ({
    resource: "Role role",
    kind: "update",
    inputs: [{ path: "scope", from: "old", to }],
  });
  const plan = (...changes: ResourceChange[]): Plan => ({
    changes,
    counts: { create: 0, update: changes.length, replace: 0, delete: 0, other: 0 },
  });
  t.deepEqual(differenceLines(plan(change("a"), change("b")), plan(change("a"), change("c")), 200), [
    "  ~ update Role role: scope old → a",
    "- ~ update Role role: scope old → b",
    "+ ~ update Role role: scope old → c",
  ]);
});

test("a restore point that is taken out of the list blocks, one that is added is told", (t) => {
  const live = (...restores: string[]) => ({ ...normalLive, restores });
  const [one, two] = ["2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z"];
  const told = (...found: [Live, Live]) =>
    restoreFindings(...found).map(({ severity, what }) => `${severity} ${what}`);
  t.deepEqual(told(live(one), live(one)), []);
  t.deepEqual(told(live(one), live(one, two)), [
    `warns merging adds the restore point ${two} (Pulumi.failover.yaml)`,
  ]);
  t.deepEqual(told(live(one, two), live(two)), [
    `blocks the restore point ${one} would be taken out of restores`,
  ]);
});

test("a file that nobody has thought of may matter to a recovery", (t) => {
  const irrelevant = [
    "README.md",
    "docs/runbook.md",
    "tests/infra/names.test.ts",
    ".github/workflows/ci.yml",
    "LICENSE",
  ];
  const relevant = [
    "infra/names.ts",
    "Pulumi.failover.yaml",
    "package-lock.json",
    "drill/parts.ts",
    "new/thing.ts",
    "infra/README.md",
  ];
  t.deepEqual(
    irrelevant.filter((path) => mattersToRecovery(path)),
    [],
  );
  t.deepEqual(
    relevant.filter((path) => !mattersToRecovery(path)),
    [],
  );
});

test("a pool runs so many at a time, in order, and goes on after one that failed", async (t) => {
  const pool = new Pool(2, new AbortController().signal);
  const order: number[] = [];
  let running = 0;
  const outcomes = [1, 2, 3, 4, 5].map((n) =>
    pool.run(async () => {
      running += 1;
      t.true(running <= 2);
      order.push(n);
      await Promise.resolve();
      running -= 1;
      if (n === 2) throw new Error("two");
      return n;
    }),
  );
  const settled = await Promise.allSettled(outcomes);
  t.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"],
  );
  t.deepEqual(order, [1, 2, 3, 4, 5]);
});

test("a pool that was stopped begins nothing", async (t) => {
  const pool = new Pool(1, AbortSignal.abort(new Error("stopped")));
  await t.throwsAsync(
    pool.run(() => Promise.resolve(t.fail())),
    { message: "stopped" },
  );
});
