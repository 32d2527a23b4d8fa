import test, { type ExecutionContext } from "ava";
import { deployer, openAzure, subscription, type TestCloud } from "./azure-fixture.ts";
import { group, location } from "./network-fixture.ts";
import { createDataPlane } from "../../../../local/cloud/azure/app-configuration/data-plane.ts";
import { Tokens } from "../../../../local/cloud/azure/tokens.ts";

const store = `${group}/providers/Microsoft.AppConfiguration/configurationStores/saas-settings`;
const owner = "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b";
const reader = "516239f1-63e1-4d78-a4de-a74fb236a071";
const passThrough = { dataPlaneProxy: { authenticationMode: "Pass-through" }, disableLocalAuth: true };
const nameOf = (digit: number) =>
  `${digit}`.repeat(8) + `-${digit}${digit}${digit}${digit}`.repeat(3) + `-${`${digit}`.repeat(12)}`;

async function openSettings(t: ExecutionContext, sku = "standard"): Promise<TestCloud> {
  const cloud = await openAzure(t);
  await cloud.call("PUT", group, { location });
  await cloud.settle("PUT", store, { location, sku: { name: sku }, properties: passThrough });
  return cloud;
}

function grant(cloud: TestCloud, role: string, { principalId = deployer, scope = store, digit = 1 } = {}) {
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${nameOf(digit)}`;
  return cloud.call("PUT", path.replace(/^\/+/, ""), {
    properties: { principalId, roleDefinitionId, principalType: "ServicePrincipal" },
  });
}

const setting = (value: string) => ({ properties: { value, contentType: "application/json" } });

/** A read by the deployer, whose token is for App Configuration. */
async function readBy(cloud: TestCloud, path: string, headers: Record<string, string> = {}) {
  const { url } = cloud.azure.listeners.appConfiguration;
  const authorization = `Bearer ${await cloud.token("https://azconfig.io/.default")}`;
  return cloud.raw(`${url}${path}${path.includes("?") ? "&" : "?"}api-version=2023-11-01`, {
    headers: { authorization, ...headers },
  });
}

test("a store tells where its data plane is", async (t) => {
  const cloud = await openSettings(t);
  t.is((await cloud.call("GET", store)).body.properties.endpoint, cloud.azure.listeners.appConfiguration.url);
});

test("under Pass-through a setting is written only by a Data Owner, at the store or above it", async (t) => {
  const cloud = await openSettings(t);
  const write = () => cloud.call("PUT", `${store}/keyValues/failover`, setting("1"));
  t.deepEqual([(await write()).status, (await write()).body.error.code], [403, "Forbidden"]);
  await grant(cloud, reader);
  t.is((await write()).status, 403);
  await grant(cloud, owner, { scope: group, digit: 2 });
  t.is((await write()).status, 201);
  t.is((await write()).status, 200);
});

test("with Local authentication and no access keys nobody writes through Resource Manager", async (t) => {
  const cloud = await openSettings(t);
  await grant(cloud, owner);
  await cloud.settle("PUT", store, {
    location,
    sku: { name: "standard" },
    properties: { disableLocalAuth: true },
  });
  t.is((await cloud.call("PUT", `${store}/keyValues/failover`, setting("1"))).status, 403);
});

test("a read needs a token of the store's audience and a data role", async (t) => {
  const cloud = await openSettings(t);
  const { url } = cloud.azure.listeners.appConfiguration;
  t.is((await cloud.raw(`${url}/kv/failover?api-version=2023-11-01`)).status, 401);
  const other = { headers: { authorization: `Bearer ${await cloud.token()}` } };
  t.is((await cloud.raw(`${url}/kv/failover?api-version=2023-11-01`, other)).status, 401);
  t.is((await readBy(cloud, "/kv/failover")).status, 403);
  await grant(cloud, reader);
  t.is((await readBy(cloud, "/kv/failover")).status, 404);
});

test("a setting is read with its etag, not again while it is the same, and again when it was written", async (t) => {
  const cloud = await openSettings(t);
  await grant(cloud, owner);
  await cloud.call("PUT", `${store}/keyValues/failover`, setting("1"));
  const first = await readBy(cloud, "/kv/failover");
  t.like(first.body, { key: "failover", label: null, value: "1", content_type: "application/json" });
  const etag = String(first.headers.etag);
  t.is((await readBy(cloud, "/kv/failover", { "if-none-match": etag })).status, 304);
  await cloud.call("PUT", `${store}/keyValues/failover`, setting("2"));
  const second = await readBy(cloud, "/kv/failover", { "if-none-match": etag });
  t.deepEqual([second.status, second.body.value], [200, "2"]);
  await cloud.settle("DELETE", `${store}/keyValues/failover`);
  t.is((await readBy(cloud, "/kv/failover")).status, 404);
});

test("labels keep settings of one key apart, and filters find both", async (t) => {
  const cloud = await openSettings(t);
  await grant(cloud, owner);
  await cloud.call("PUT", `${store}/keyValues/failover`, setting("none"));
  await cloud.call("PUT", `${store}/keyValues/failover$blue`, setting("blue"));
  t.is((await readBy(cloud, "/kv/failover")).body.value, "none");
  t.is((await readBy(cloud, "/kv/failover?label=blue")).body.value, "blue");
  const count = async (query: string) => (await readBy(cloud, `/kv?${query}`)).body.items.length;
  t.deepEqual(
    [await count("key=fail*"), await count("key=failover&label=%00"), await count("key=other")],
    [2, 1, 0],
  );
  const set = await readBy(cloud, "/kv?key=*");
  t.is((await readBy(cloud, "/kv?key=*", { "if-none-match": String(set.headers.etag) })).status, 304);
});

test("a store has 30,000 requests an hour; the next one is told when to come again", async (t) => {
  const { azure } = await openSettings(t);
  let nowMs = 0;
  const tokens = new Tokens({ tenantId: "tenant" });
  const plane = createDataPlane({
    cloud: azure.cloud,
    tokens,
    nowMs: () => nowMs,
    base: () => "https://127.0.0.2",
  });
  const { token } = tokens.issue({ oid: deployer, appid: "a" }, "https://azconfig.io");
  const call = {
    method: "GET",
    path: "/kv",
    query: new URLSearchParams(),
    headers: { authorization: `Bearer ${token}` },
    body: "",
  };
  for (let count = 0; count < 30_000; count += 1) plane(call);
  nowMs = 600_000;
  const refused = plane(call);
  t.like(refused, { status: 429, headers: { "retry-after-ms": "3000000" } });
  nowMs = 3_600_000;
  t.is(plane(call).status, 403);
});

test("a role is granted once, to somebody who exists, and not changed", async (t) => {
  const cloud = await openSettings(t);
  t.is((await grant(cloud, owner)).status, 201);
  t.is((await grant(cloud, owner)).status, 200);
  t.is((await grant(cloud, reader)).body.error.code, "RoleAssignmentUpdateNotPermitted");
  t.is((await grant(cloud, owner, { digit: 2 })).body.error.code, "RoleAssignmentExists");
  t.is(
    (await grant(cloud, owner, { principalId: "nobody", digit: 3 })).body.error.code,
    "InvalidPrincipalId",
  );
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${owner}`;
  const path = `${store}/providers/Microsoft.Authorization/roleAssignments/${nameOf(4)}`;
  const unknown = await cloud.call("PUT", path, { properties: { principalId: nameOf(9), roleDefinitionId } });
  t.deepEqual([unknown.status, unknown.body.error.code], [400, "PrincipalNotFound"]);
});

test("roles list by principal, and go with what they are assigned at", async (t) => {
  const cloud = await openSettings(t);
  await grant(cloud, owner);
  await grant(cloud, reader, { principalId: nameOf(9), digit: 2 });
  const list = async (filter: string) => {
    const path = `${store}/providers/Microsoft.Authorization/roleAssignments?$filter=${encodeURIComponent(filter)}`;
    return (await cloud.call("GET", path)).body.value.length;
  };
  t.is(await list("atScope()"), 2);
  t.is(await list(`principalId eq '${nameOf(9)}'`), 1);
  await cloud.settle("DELETE", store);
  t.is((await cloud.call("GET", "providers/Microsoft.Authorization/roleAssignments")).body.value.length, 0);
});
