import test from "ava";
import { degraded, type TopologyName, topologyNames } from "../../infra/topologies.ts";
import { type Declared, keyOf } from "./declared.ts";
import { failoverResources } from "./programs.ts";

const restores = [{ at: "2026-11-24T23:15:00Z" }];
/** The one before the restores: what `normal` means has to be said once there are some. */
const liveDatabase = "saas";
const bypass = "SecurityRule bypass: access";
const record = {
  direct: ["DnsRecord client: content, proxied, ttl", bypass],
  directToMain: ["DnsRecord client: proxied, ttl", bypass],
  behindEdge: ["DnsRecord client: content"],
};
const settings = ["KeyValue failover: value"];

/** The whole effect of each topology on the plant as it runs: resources, and the inputs of theirs that change. */
const effects: Record<TopologyName, string[]> = {
  normal: [],
  "bypass-open": [bypass],
  "lb-direct": record.directToMain,
  "lb-backup-direct": record.direct,
  "lb-backup": record.behindEdge,
  "api-behind-edge": record.behindEdge,
  "api-direct": record.direct,
  "api-main-only": settings,
  "api-backup-only": settings,
  "database-restored": settings,
  "database-secondary": ["Command promotion: environment"],
  "storage-secondary": ["Command storage-check: environment", ...settings],
  "workers-scaled": ["VirtualMachineScaleSet workers-secondary: sku"],
};

function changes(before: readonly Declared[], after: readonly Declared[]): string[] {
  const old = new Map(before.map((resource) => [keyOf(resource), resource.inputs]));
  return after.flatMap((resource) => {
    const inputs = old.get(keyOf(resource));
    if (!inputs) return [`${keyOf(resource)}: new`];
    const changed = Object.keys({ ...inputs, ...resource.inputs })
      .filter((key) => JSON.stringify(inputs[key]) !== JSON.stringify(resource.inputs[key]))
      .toSorted();
    return changed.length > 0 ? [`${keyOf(resource)}: ${changed.join(", ")}`] : [];
  });
}

function inputsOf(resources: readonly Declared[], key: string): Record<string, unknown> {
  const found = resources.find((resource) => keyOf(resource) === key);
  if (!found) throw new Error(`${key} is not declared`);
  return found.inputs;
}

// One program at a time: the mocks are the process's.
for (const name of topologyNames) {
  test.serial(`${name} changes exactly what it has to`, async (t) => {
    const before = await failoverResources({ restores, liveDatabase });
    const after = await failoverResources({ topology: name, restores, liveDatabase });
    t.deepEqual(after.map(keyOf), before.map(keyOf), "the same resources in every topology");
    t.deepEqual(changes(before, after).toSorted(), effects[name].toSorted());
  });
}

test("every topology has its effect stated", (t) => {
  t.deepEqual(Object.keys(effects).toSorted(), ["normal", ...Object.keys(degraded)].toSorted());
});

test.serial("a restore point adds one database and changes nothing else", async (t) => {
  const before = await failoverResources();
  const after = await failoverResources({ restores, liveDatabase });
  t.deepEqual(changes(before, after), ["Database saas-20261124T231500Z: new"]);
  t.like(inputsOf(after, "Database saas-20261124T231500Z"), {
    createMode: "PointInTimeRestore",
    restorePointInTime: "2026-11-24T23:15:00Z",
    serverName: "saas-sql-primary",
    location: "westeurope",
  });
});

/** The key-value's value, without the version that follows from it. */
async function settingsWith(edits: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { value } = inputsOf(await failoverResources(edits), "KeyValue failover");
  const { version, ...rest } = JSON.parse(String(value)) as Record<string, unknown>;
  if (!/^[0-9a-f]{8}$/.test(String(version))) throw new Error(`version is ${String(version)}`);
  return rest;
}

test.serial("the settings follow the axes api, database and storage", async (t) => {
  const usual = {
    api: "both",
    database: { server: "saas-sql.database.windows.net", name: "saas" },
    storage: { account: "saasstore1", queue: "work", others: ["saasstore2"] },
  };
  t.deepEqual(await settingsWith({}), usual);
  t.deepEqual(await settingsWith({ topology: "api-backup-only+storage-secondary" }), {
    ...usual,
    api: "backup",
    storage: { account: "saasstore2", queue: "work", others: ["saasstore1"] },
  });
  t.deepEqual(await settingsWith({ topology: "database-secondary" }), usual);
});

test.serial(
  "after a restore the newest point is used, and once adopted it is what normal means",
  async (t) => {
    const two = [...restores, { at: "2026-11-25T01:00:00Z" }];
    const restored = { server: "saas-sql-primary.database.windows.net", name: "saas-20261125T010000Z" };
    t.like(await settingsWith({ topology: "database-restored", restores: two }), { database: restored });
    t.like(await settingsWith({ restores: two, liveDatabase: restored.name }), { database: restored });
  },
);

test.serial(
  "a promotion may lose data only where somebody accepted it, and never on the way back",
  async (t) => {
    const acceptedLoss = "2026-11-25T01:00:00Z";
    const environmentOf = async (edits: Record<string, unknown>) =>
      inputsOf(await failoverResources(edits), "Command promotion")["environment"] as Record<string, string>;
    const usual = await environmentOf({});
    t.is(usual["FAILOVER_TARGET"], "primary");
    t.deepEqual(await environmentOf({ acceptedLoss }), usual);
    t.deepEqual(await environmentOf({ topology: "database-secondary" }), {
      ...usual,
      FAILOVER_TARGET: "secondary",
    });
    t.like(await environmentOf({ topology: "database-secondary", acceptedLoss }), {
      FAILOVER_ACCEPTED_LOSS: acceptedLoss,
    });
  },
);

test.serial("the bypass shuts out the Internet alone: load balancers must reach API servers", async (t) => {
  const resources = await failoverResources();
  const closed = { access: "Deny", sourceAddressPrefix: "Internet" };
  t.like(inputsOf(resources, "SecurityRule bypass"), closed);
});

test.serial("the failover stack asks nobody, and writes every location down", async (t) => {
  // declare() refuses a program that calls a function of a provider or reads another stack.
  const resources = await failoverResources();
  const located = resources.filter(({ inputs }) => "location" in inputs);
  t.true(located.length > 10);
  t.deepEqual([...new Set(located.map(({ inputs }) => inputs["location"]))], ["northeurope"]);
  t.false(resources.some(({ type }) => type === "pulumi:pulumi:StackReference"));
});

test.serial("no credential is an input of the promotion", async (t) => {
  const inputs = inputsOf(await failoverResources(), "Command promotion");
  t.notRegex(JSON.stringify(inputs), /SECRET|TOKEN|CLIENT/);
});
