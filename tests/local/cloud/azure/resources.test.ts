import test from "ava";
import { openAzure, subscription } from "./azure-fixture.ts";
import { group, idOf, location, network, nicBody, openNetwork, rule } from "./network-fixture.ts";

const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/api`;
const account = `${group}/providers/Microsoft.Storage/storageAccounts`;
const store = { location, kind: "StorageV2", sku: { name: "Standard_LRS" } };

test("metadata names the resource manager, the authority and an audience, to anybody", async (t) => {
  const { raw, url } = await openAzure(t);
  const { status, body } = await raw(`${url}/metadata/endpoints?api-version=2022-09-01`);
  t.is(status, 200);
  t.like(body, {
    name: "AzureCloud",
    resourceManager: url,
    authentication: { loginEndpoint: `${url}/`, audiences: [url] },
  });
});

test("a call without a token of this cloud, or with one that has expired, is turned away", async (t) => {
  let now = Date.now();
  const { raw, url, token } = await openAzure(t, { nowMs: () => now });
  const target = `${url}${subscription}?api-version=2022-12-01`;
  const codeWith = async (authorization?: string) => {
    const { status, body } = await raw(target, { headers: authorization ? { authorization } : {} });
    return [status, body.error?.code];
  };
  t.deepEqual(await codeWith(), [401, "AuthenticationFailed"]);
  t.deepEqual(await codeWith("Bearer a.b.c"), [401, "InvalidAuthenticationToken"]);
  const foreign = await token("https://vault.azure.net/.default");
  t.deepEqual(await codeWith(`Bearer ${foreign}`), [401, "InvalidAuthenticationTokenAudience"]);
  const own = await token();
  t.deepEqual(await codeWith(`Bearer ${own}`), [200, undefined]);
  now += 3600 * 1000;
  t.deepEqual(await codeWith(`Bearer ${own}`), [401, "ExpiredAuthenticationToken"]);
});

test("the API version must be there, and be one that the type has", async (t) => {
  const { call, raw, url, token } = await openAzure(t);
  const authorization = `Bearer ${await token()}`;
  const missing = await raw(`${url}${subscription}/${group}`, { headers: { authorization } });
  t.is(missing.body.error.code, "MissingApiVersionParameter");
  const unknown = await call("PUT", `${group}?api-version=1999-01-01`, { location });
  t.is(unknown.body.error.code, "NoRegisteredProviderFound");
  t.regex(unknown.body.error.message, /2024-03-01/);
  t.is((await call("GET", `${group}?api-version=1999-01-01`)).body.error.code, "InvalidResourceType");
});

test("a first PUT is 201 and a further one 200; GET finds it in any case and keeps the first one's", async (t) => {
  const { call } = await openAzure(t);
  t.is((await call("PUT", "resourceGroups/Plant", { location })).status, 201);
  t.is((await call("PUT", "resourceGroups/PLANT", { location, tags: { a: "b" } })).status, 200);
  const { body } = await call("GET", "RESOURCEGROUPS/plant");
  t.like(body, { id: idOf("resourceGroups/Plant"), name: "Plant", tags: { a: "b" } });
  t.is((await call("HEAD", "resourceGroups/plant")).status, 204);
  t.is((await call("HEAD", "resourceGroups/other")).status, 404);
});

const absent = [
  ["GET", identity, 404, "ResourceGroupNotFound"],
  ["PUT", identity, 404, "ResourceGroupNotFound"],
  ["GET", group, 404, "ResourceGroupNotFound"],
] as const;

for (const [method, path, status, code] of absent) {
  test(`${method} of ${path.split("/").at(-2)} without its group is ${code}`, async (t) => {
    const { call } = await openAzure(t);
    const answer = await call(method, path, method === "PUT" ? { location } : undefined);
    t.deepEqual([answer.status, answer.body.error.code], [status, code]);
  });
}

test("what is not there is ResourceNotFound, its deletion 204, and its child has no parent", async (t) => {
  const { call } = await openAzure(t);
  await call("PUT", group, { location });
  t.is((await call("GET", identity)).body.error.code, "ResourceNotFound");
  t.is((await call("DELETE", identity)).status, 204);
  const child = await call("PUT", `${network}/networkSecurityGroups/no/securityRules/a`, rule(100));
  t.deepEqual([child.status, child.body.error.code], [404, "ParentResourceNotFound"]);
});

test("a location has to be given, to exist, and to stay", async (t) => {
  const { call } = await openAzure(t);
  await call("PUT", group, { location });
  const codeOf = async (body: object) => (await call("PUT", identity, body)).body.error?.code;
  t.is(await codeOf({}), "LocationRequired");
  t.is(await codeOf({ location: "atlantis" }), "LocationNotAvailableForResourceType");
  t.is(await codeOf({ location: "West Europe" }), undefined);
  t.is(await codeOf({ location: "northeurope" }), "InvalidResourceLocation");
  const moved = await call("PUT", group, { location: "northeurope" });
  t.deepEqual([moved.status, moved.body.error.code], [409, "InvalidResourceGroupLocation"]);
});

test("a name that breaks its type's rule is refused", async (t) => {
  const { call } = await openAzure(t);
  await call("PUT", group, { location });
  for (const name of ["ab", "UPPERCASE", "with-dash", "a".repeat(25)]) {
    t.is((await call("PUT", `${account}/${name}`, store)).body.error.code, "InvalidResourceName", name);
  }
});

test("a storage account's name is taken for everybody, in every group", async (t) => {
  const { call, settle } = await openAzure(t);
  await call("PUT", group, { location });
  await call("PUT", "resourceGroups/other", { location });
  t.is((await settle("PUT", `${account}/saasstore1`, store)).body.name, "saasstore1");
  const other = await call("PUT", `${account.replace("plant", "other")}/saasstore1`, store);
  t.deepEqual([other.status, other.body.error.code], [409, "StorageAccountAlreadyTaken"]);
});

test("a storage account has its endpoints, its pair when it is geo-redundant, and a blob service at once", async (t) => {
  const { call, settle } = await openAzure(t);
  await call("PUT", group, { location });
  const { body } = await settle("PUT", `${account}/saasstore1`, {
    ...store,
    sku: { name: "Standard_RAGRS" },
  });
  t.is(body.properties.primaryEndpoints.queue, "https://saasstore1.queue.core.windows.net/");
  t.is(body.properties.secondaryLocation, "northeurope");
  const services = `${account}/saasstore1/blobServices/default`;
  t.is((await call("GET", services)).status, 200);
  const changed = await call("PUT", services, { properties: { isVersioningEnabled: true } });
  t.true(changed.body.properties.isVersioningEnabled);
  t.is((await call("DELETE", services)).status, 405);
  t.is((await call("PUT", `${account}/saasstore1/queueServices/default/queues/jobs`, {})).status, 201);
  t.is((await call("POST", `${account}/saasstore1/listKeys`)).body.keys.length, 2);
});

test("a long-running PUT answers where to ask and when, and there its state and its result", async (t) => {
  const { call, raw, token } = await openNetwork(t);
  const first = await call("PUT", `${network}/publicIPAddresses/lb-ip`, {
    location,
    sku: { name: "Standard" },
    properties: { publicIPAllocationMethod: "Static" },
  });
  t.is(first.status, 201);
  t.is(first.body.properties.provisioningState, "Creating");
  t.like(first.headers, { "retry-after": "1", "retry-after-ms": "100" });
  const headers = { authorization: `Bearer ${await token()}` };
  const state = await raw(String(first.headers["azure-asyncoperation"]), { headers });
  t.is(state.body.status, "Succeeded");
  const result = await raw(String(first.headers.location), { headers });
  t.like(result.body, {
    name: "lb-ip",
    properties: { provisioningState: "Succeeded", ipAddress: "127.0.5.5" },
  });
});

test("a type lists in its group and in the subscription, and all tracked resources list together", async (t) => {
  const { call } = await openNetwork(t);
  await call("PUT", "resourceGroups/other", { location });
  await call("PUT", identity, { location });
  await call("PUT", identity.replace("plant", "other"), { location });
  const count = async (path: string) => (await call("GET", path)).body.value.length;
  t.is(await count(`${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`), 1);
  t.is(await count("providers/Microsoft.ManagedIdentity/userAssignedIdentities"), 2);
  t.is(await count(`${network}/virtualNetworks/net/subnets`), 1);
  t.is(await count(`${group}/resources`), 3);
});

test("deleting a group deletes all that is inside, and its machines first", async (t) => {
  const { call, settle, plant } = await openNetwork(t);
  await settle("PUT", `${network}/networkInterfaces/vm`, nicBody());
  t.is((await settle("DELETE", group)).status, 200);
  t.is((await call("GET", group)).status, 404);
  t.deepEqual((await call("GET", "resources")).body.value, []);
  t.deepEqual(plant.asked("remove"), []);
});

test("a second write is refused while the first one is in progress", async (t) => {
  const { azure, call } = await openNetwork(t);
  azure.cloud.durations.mode = "real";
  const nsg = `${network}/networkSecurityGroups/nsg`;
  t.is((await call("PUT", nsg, { location })).status, 200);
  for (const method of ["PUT", "DELETE"]) {
    const busy = await call(method, nsg, method === "PUT" ? { location } : undefined);
    t.deepEqual([busy.status, busy.body.error.code], [409, "AnotherOperationInProgress"]);
  }
});

test("a call the table does not have is answered 501 and named", async (t) => {
  const { call } = await openNetwork(t);
  for (const [method, path] of [
    ["PUT", `${group}/providers/Microsoft.Web/sites/a`],
    ["POST", `${network}/networkSecurityGroups/nsg/explode`],
  ] as const) {
    const answer = await call(method, path, {});
    t.is(answer.status, 501);
    t.true(answer.body.error.message.includes(`${method} ${subscription}/${path}`));
  }
});

test("a body that is no object is refused", async (t) => {
  const { raw, url, token } = await openAzure(t);
  const headers = { authorization: `Bearer ${await token()}` };
  const target = `${url}${subscription}/${group}?api-version=2024-03-01`;
  const answer = await raw(target, { method: "PUT", headers, body: "[1" });
  t.is(answer.body.error.code, "InvalidRequestContent");
});
