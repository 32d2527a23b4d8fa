import { rmSync } from "node:fs";
import test from "ava";
import { type Declared, keyOf, secretsFolder } from "./declared.ts";
import { failoverResources, primaryResources } from "./programs.ts";

const folder = secretsFolder();
test.after.always(() => rmSync(folder, { recursive: true }));

const restores = [{ at: "2026-11-24T23:15:00Z" }];
/** Types whose deletion loses data. */
const holding = ["Server", "Database", "FailoverGroup", "StorageAccount", "Queue", "BlobContainer"];

function found(resources: readonly Declared[], key: string): Declared {
  const resource = resources.find((each) => keyOf(each) === key);
  if (!resource) throw new Error(`${key} is not declared`);
  return resource;
}

async function everything(): Promise<Declared[]> {
  return [
    ...(await primaryResources(folder)),
    ...(await failoverResources({ restores, liveDatabase: "saas" })),
  ];
}

// One program at a time: the mocks are the process's.
test.serial("what holds data is neither deleted nor replaced", async (t) => {
  const resources = (await everything()).filter(({ type }) => holding.includes(type.split(":").at(-1) ?? ""));
  t.true(resources.length >= 10);
  for (const resource of resources) {
    t.like(resource.options, { protect: true, retainOnDelete: true }, keyOf(resource));
  }
});

test.serial("no input that would replace a database reaches one that exists", async (t) => {
  const databases = (await everything()).filter(({ type }) => type.endsWith(":Database"));
  t.is(databases.length, 2);
  for (const { options, name } of databases) {
    const frozen = ["createMode", "sourceDatabaseId", "restorePointInTime", "collation", "location"];
    for (const input of frozen) t.true(options.ignoreChanges.includes(input), `${name}: ${input}`);
  }
});

test.serial("the failover group is frozen whole: after a promotion Azure refuses writes to it", async (t) => {
  const { inputs, options } = found(await failoverResources(), "FailoverGroup failover-group");
  t.deepEqual(
    Object.keys(inputs).filter((input) => !options.ignoreChanges.includes(input)),
    [],
  );
});

test.serial("clients are sent to a server only after it lets them in", async (t) => {
  const { options } = found(await failoverResources({ topology: "lb-direct" }), "DnsRecord client");
  t.deepEqual(options.waitsFor, ["SecurityRule bypass"]);
});

test.serial("behind the edge the record waits for nothing of Azure", async (t) => {
  for (const topology of ["normal", "lb-backup", "api-behind-edge"]) {
    const { options } = found(await failoverResources({ topology }), "DnsRecord client");
    t.deepEqual(options.waitsFor, [], topology);
  }
});

test.serial("hosts are told of a database only after it is there and its server promoted", async (t) => {
  const { options } = found(await failoverResources({ restores, liveDatabase: "saas" }), "KeyValue failover");
  for (const key of ["Command promotion", "Database saas-20261124T231500Z"]) {
    t.true(options.waitsFor.includes(key), key);
  }
});

test.serial("hosts are told of a storage account only after it is there, and was asked for", async (t) => {
  const waitsFor = async (topology: string, key: string) =>
    found(await failoverResources({ topology }), key).options.waitsFor;
  const check = "Command storage-check";
  const parts = ["StorageAccount storage-secondary", "Queue storage-secondary-work"];
  t.true((await waitsFor("storage-secondary", "KeyValue failover")).includes(check));
  for (const part of parts) t.true((await waitsFor("storage-secondary", check)).includes(part), part);
  t.deepEqual(await waitsFor("api-main-only", check), [], "another switch does not wait for storage");
});

test.serial("a restore waits until its server has the primary role", async (t) => {
  const resources = await failoverResources({ restores, liveDatabase: "saas" });
  const { options } = found(resources, "Database saas-20261124T231500Z");
  t.true(options.waitsFor.includes("Command promotion"));
});

test.serial(
  "a load balancer's configuration reaches the backup only after the main one has served it",
  async (t) => {
    const resources = await primaryResources(folder);
    const main = "Command load-balancer-main-serves";
    for (const key of ["Command load-balancer-backup-configuration", "VirtualMachine load-balancer-backup"]) {
      t.true(found(resources, key).options.waitsFor.includes(main), key);
    }
    t.true(
      found(resources, "VirtualMachine api-backup").options.waitsFor.includes("Command api-main-serves"),
    );
  },
);

test.serial("new contents replace an API server, and never a load balancer", async (t) => {
  const resources = await primaryResources(folder);
  const contents = "osProfile.customData";
  for (const name of ["api-main", "api-backup"]) {
    t.true(found(resources, `VirtualMachine ${name}`).options.replaceOnChanges.includes(contents), name);
  }
  for (const name of ["load-balancer-main", "load-balancer-backup"]) {
    const { options } = found(resources, `VirtualMachine ${name}`);
    t.deepEqual(options.ignoreChanges, [contents], name);
    t.false(options.replaceOnChanges.includes(contents), name);
  }
});

test.serial("autoscale's count is left alone, the secondary pool's is the topology's", async (t) => {
  const resources = await everything();
  const ignored = (name: string) => found(resources, `VirtualMachineScaleSet ${name}`).options.ignoreChanges;
  t.deepEqual(ignored("workers-primary"), ["sku.capacity"]);
  t.deepEqual(ignored("workers-secondary"), []);
});
