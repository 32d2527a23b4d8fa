import test from "ava";
import type { TestCloud } from "./azure-fixture.ts";
import { idOf, location } from "./network-fixture.ts";
import {
  database,
  group,
  groupBody,
  openGroup,
  openSql,
  partnerLocation,
  placed,
  primary,
  secondary,
  servers,
  twin,
} from "./sql-fixture.ts";

test("a failover group appears on both servers and seeds its databases on the partner", async (t) => {
  const { call, plant } = await openGroup(t);
  const roleOn = async (server: string) =>
    (await call("GET", `${server}/failoverGroups/saas-sql`)).body.properties.replicationRole;
  t.deepEqual([await roleOn(primary), await roleOn(secondary)], ["Primary", "Secondary"]);
  t.deepEqual(plant.asked("replicateDatabase"), [{ ...placed.secondary, from: location }]);
  const copy = (await call("GET", `${secondary}/databases/saas`)).body;
  t.like(copy, { location: "northeurope", properties: { status: "Online", secondaryType: "Geo" } });
  t.is((await call("GET", database)).body.properties.failoverGroupId, idOf(group));
});

for (const verb of ["failover", "forceFailoverAllowDataLoss"]) {
  test(`${verb} is asked of the secondary, swaps the roles, and can be taken back`, async (t) => {
    const { call, settle, plant } = await openGroup(t);
    const listener = () => {
      const names = plant.asked("setName").filter(({ name }) => name === "saas-sql.database.windows.net");
      return names.map(({ region, ttlSeconds }) => [region, ttlSeconds]).at(-1);
    };
    t.deepEqual(listener(), [location, 30]);
    const wrong = await call("POST", `${group}/${verb}`);
    t.deepEqual([wrong.status, wrong.body.error.code], [400, "FailoverGroupFailoverRequestOnPrimary"]);
    t.is((await settle("POST", `${twin}/${verb}`)).body.status, "Succeeded");
    const there = { databases: ["saas"], from: location, to: partnerLocation };
    t.deepEqual(plant.asked("promote"), [{ ...there, forced: verb !== "failover" }]);
    t.deepEqual(listener(), [partnerLocation, 30]);
    t.is((await call("GET", twin)).body.properties.replicationRole, "Primary");
    const update = await call("PUT", group, groupBody());
    t.is(update.body.error.code, "FailoverGroupUpdateOrDeleteRequestOnSecondary");
    t.is((await call("DELETE", group)).body.error.code, "FailoverGroupUpdateOrDeleteRequestOnSecondary");
    await settle("POST", `${group}/failover`);
    t.is((await call("GET", group)).body.properties.replicationRole, "Primary");
    const back = { databases: ["saas"], from: partnerLocation, to: location, forced: false };
    t.deepEqual(plant.asked("promote").at(-1), back);
    t.deepEqual(listener(), [location, 30]);
  });
}

const rolesOf = async ({ call }: TestCloud) => {
  const roles = [];
  for (const side of [group, twin]) roles.push((await call("GET", side)).body.properties.replicationRole);
  return roles;
};

test("roles and the listener's name stay as they were when the plant does not promote", async (t) => {
  const cloud = await openGroup(t);
  const names = cloud.plant.asked("setName").length;
  cloud.plant.next.promote = { code: "PlannedFailoverTimedOut", message: "the partner does not answer" };
  t.like((await cloud.settle("POST", `${twin}/failover`)).body, {
    status: "Failed",
    error: { code: "PlannedFailoverTimedOut", message: "the partner does not answer" },
  });
  t.deepEqual(await rolesOf(cloud), ["Primary", "Secondary"]);
  t.is(cloud.plant.asked("setName").length, names);
});

test("roles change only when the plant has promoted, and nobody else can ask meanwhile", async (t) => {
  const cloud = await openGroup(t);
  const held = Promise.withResolvers<void>();
  cloud.plant.next.promote = held.promise;
  const operation = cloud.settle("POST", `${twin}/failover`);
  while (cloud.plant.asked("promote").length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(await rolesOf(cloud), ["Primary", "Secondary"]);
  const again = await cloud.call("POST", `${twin}/forceFailoverAllowDataLoss`);
  t.deepEqual([again.status, again.body.error.code], [409, "AnotherOperationInProgress"]);
  held.resolve();
  t.is((await operation).body.status, "Succeeded");
  t.deepEqual(await rolesOf(cloud), ["Secondary", "Primary"]);
});

test("without the partner's region a planned failover times out, and a forced one does not ask it", async (t) => {
  const cloud = await openGroup(t);
  cloud.azure.setRegion(location, "refused");
  // The group's own resource group is in that region: the drill's is not.
  cloud.azure.cloud.store.get(idOf("resourceGroups/plant"))!.document.location = partnerLocation;
  t.is((await cloud.settle("POST", `${twin}/failover`)).body.error.code, "PlannedFailoverTimedOut");
  t.deepEqual(cloud.plant.asked("promote"), []);
  t.is((await cloud.settle("POST", `${twin}/forceFailoverAllowDataLoss`)).body.status, "Succeeded");
  t.deepEqual(await rolesOf(cloud), ["Secondary", "Primary"]);
});

test("the replication state is CATCH_UP while the replica has all but the last seconds, else SUSPENDED", async (t) => {
  const { call, plant } = await openGroup(t);
  const state = async () => (await call("GET", group)).body.properties.replicationState;
  t.is(await state(), "CATCH_UP");
  plant.lags.set("saas", { seconds: 0.2, asOf: new Date(Date.now() - 6000).toISOString() });
  t.is(await state(), "SUSPENDED");
  plant.lags.set("saas", { seconds: 6, asOf: new Date().toISOString() });
  t.is(await state(), "SUSPENDED");
  plant.lags.clear();
  t.is(await state(), "SUSPENDED");
  plant.next.replicationLag = new Promise(() => {});
  t.is(await state(), "SUSPENDED", "it does not wait for who does not answer");
});

test("a group whose seeding fails is not there, and the next PUT seeds what is missing", async (t) => {
  const { call, settle, plant } = await openSql(t);
  await settle("PUT", `${primary}/databases/second`, { location });
  const body = groupBody({ databases: [idOf(database), idOf(`${primary}/databases/second`)] });
  plant.next.replicateDatabase = { code: "RemoteDatabaseCopyFailed", message: "no" };
  t.is((await settle("PUT", group, body)).body.error.code, "RemoteDatabaseCopyFailed");
  t.is((await call("GET", group)).status, 404);
  t.is((await settle("PUT", group, body)).body.status, "Succeeded");
  const seeded = plant.asked("replicateDatabase").map((each) => each.database);
  t.deepEqual(seeded, ["saas", "second", "saas"]);
});

test("what a promotion made primary can be restored from, since then", async (t) => {
  const { call, settle, plant } = await openGroup(t);
  const before = new Date().toISOString();
  await settle("POST", `${twin}/forceFailoverAllowDataLoss`);
  const earliest = (await call("GET", `${secondary}/databases/saas`)).body.properties.earliestRestoreDate;
  t.true(earliest >= before);
  const properties = {
    createMode: "PointInTimeRestore",
    sourceDatabaseId: idOf(`${secondary}/databases/saas`),
    restorePointInTime: earliest,
  };
  await settle("PUT", `${secondary}/databases/restored`, { location: partnerLocation, properties });
  t.is(plant.asked("restoreDatabase")[0]?.region, partnerLocation);
});

test("what went over and back begins its restore window anew, and an earlier point is refused at once", async (t) => {
  const { call, settle, plant } = await openGroup(t);
  const earliest = async () => (await call("GET", database)).body.properties.earliestRestoreDate;
  const first = await earliest();
  await settle("POST", `${twin}/forceFailoverAllowDataLoss`);
  t.is(await earliest(), undefined);
  const back = new Date().toISOString();
  await settle("POST", `${group}/failover`);
  t.true((await earliest()) >= back);
  const properties = {
    createMode: "PointInTimeRestore",
    sourceDatabaseId: idOf(database),
    restorePointInTime: first,
  };
  const restore = await call("PUT", `${primary}/databases/restored`, { location, properties });
  t.deepEqual([restore.status, restore.body.error.code], [400, "InvalidPointInTime"]);
  t.deepEqual(plant.asked("restoreDatabase"), []);
});

test("a listener that cannot follow the roles at first follows them later", async (t) => {
  const cloud = await openGroup(t);
  cloud.plant.next.setName = { code: "NoAnswer", message: "the name server is starting" };
  t.is((await cloud.settle("POST", `${twin}/failover`)).body.status, "Succeeded");
  t.is(cloud.plant.asked("setName").at(-1)?.region, partnerLocation);
  t.deepEqual(await rolesOf(cloud), ["Secondary", "Primary"]);
});

test("a group whose name could not be removed is still there, on both servers", async (t) => {
  const cloud = await openGroup(t);
  cloud.plant.next.removeName = { code: "NoAnswer", message: "no" };
  t.is((await cloud.settle("DELETE", group)).body.status, "Failed");
  t.deepEqual(await rolesOf(cloud), ["Primary", "Secondary"]);
  t.is((await cloud.call("GET", database)).body.properties.failoverGroupId, idOf(group));
  await cloud.settle("DELETE", group);
  t.is((await cloud.call("GET", twin)).status, 404);
});

test("a failover group's second PUT needs a target of its read-only endpoint", async (t) => {
  const { call, settle } = await openSql(t);
  await settle("PUT", group, groupBody());
  t.regex((await call("PUT", group, groupBody())).body.error.code, /InvalidReadOnlyEndpointTargetServer$/);
  const readOnlyEndpoint = { failoverPolicy: "Disabled", targetServer: idOf(secondary) };
  t.is((await settle("PUT", group, groupBody({ readOnlyEndpoint }))).body.status, "Succeeded");
});

const badGroups = [
  [
    groupBody({}, { failoverPolicy: "Manual", failoverWithDataLossGracePeriodMinutes: 60 }),
    "InvalidFailoverGroupGracePeriod",
  ],
  [groupBody({}, { failoverPolicy: "Automatic" }), "InvalidFailoverGroupGracePeriod"],
  [groupBody({ partnerServers: [{ id: idOf(primary) }] }), "FailoverGroupPartnerServerFromSameRegion"],
  [groupBody({ partnerServers: [{ id: idOf(`${servers}/no`) }] }), "ServerNotInSubscriptionResourceGroup"],
  [groupBody({ databases: [idOf(`${primary}/databases/no`)] }), "InvalidFailoverGroupDatabase"],
] as const;

for (const [index, [body, code]] of badGroups.entries()) {
  test(`a failover group is refused with ${code} (${index})`, async (t) => {
    const { call } = await openSql(t);
    t.is((await call("PUT", group, body)).body.error.code, code);
  });
}

test("deleting the group leaves both databases; deleting a server takes its own with it", async (t) => {
  const { call, settle, plant } = await openGroup(t);
  await settle("DELETE", group);
  t.deepEqual(plant.asked("removeName"), [{ name: "saas-sql.database.windows.net" }]);
  t.deepEqual(plant.asked("dropDatabase"), []);
  t.is((await call("GET", twin)).status, 404);
  t.is((await call("GET", `${secondary}/databases/saas`)).status, 200);
  await settle("DELETE", primary);
  t.is((await call("GET", database)).status, 404);
});
