import test, { type ExecutionContext } from "ava";
import { typeOfToken } from "../../../../local/cloud/azure/table/table.ts";
import { startDeadline } from "../../../../local/plugins/azure-native/deadline.ts";
import { Unfinished } from "../../../../local/plugins/azure-native/partial-failure.ts";
import {
  createResource,
  deleteResource,
  readResource,
  updateResource,
} from "../../../../local/plugins/azure-native/resource-calls.ts";
import { openScriptedArm, type Received, type Reply } from "./scripted-arm.ts";

const group = "/subscriptions/s/resourceGroups/plant";
const vnetId = `${group}/providers/Microsoft.Network/virtualNetworks/net`;
const inputs = { resourceGroupName: "plant", virtualNetworkName: "net", location: "westeurope" };
const ready = {
  id: vnetId,
  name: "net",
  location: "westeurope",
  properties: { provisioningState: "Succeeded", subnets: [] },
};
const missing: Reply = { status: 404, body: { error: { code: "ResourceNotFound", message: "gone" } } };

type Script = Record<string, (Reply | undefined)[]>;

/** ARM that answers each method with its replies in turn, the last one for ever. */
async function open(t: ExecutionContext, script: Script, token = "network:VirtualNetwork") {
  const answer = (call: string): Reply | undefined => {
    const [method = "", url = ""] = call.split(" ");
    const key = url.startsWith("/operations/") ? "poll" : method;
    const replies = url.includes("/subscriptions/") || key === "poll" ? script[key] : undefined;
    return replies && replies.length > 1 ? replies.shift() : replies?.[0];
  };
  const arm = await openScriptedArm(t, answer);
  const row = typeOfToken(`azure-native:${token}`)!;
  return { ...arm, target: { row, client: arm.client, signal: new AbortController().signal } };
}

const bodies = (received: Received[], method: string) =>
  received.filter(({ call }) => call.startsWith(`${method} /subscriptions`)).map(({ body }) => body);
const vnet = "Microsoft.Network/virtualNetworks/net";

test("a creation looks first, puts, and reads; its token is fetched once", async (t) => {
  const arm = await open(t, {
    GET: [missing, { status: 200, body: ready }],
    PUT: [{ status: 201, body: ready }],
  });
  const { id, outputs } = await createResource(arm.target, inputs);
  t.is(id, vnetId);
  t.like(outputs, { name: "net", provisioningState: "Succeeded", azureApiVersion: "2024-05-01" });
  t.deepEqual(arm.calls(), [`GET ${vnet}`, `PUT ${vnet}`, `GET ${vnet}`]);
  t.is(arm.received.filter(({ call }) => call.includes("token") || call.includes("well-known")).length, 2);
  const put = arm.received.find(({ call }) => call.startsWith("PUT"))!;
  t.regex(put.call, /\?api-version=2024-05-01$/);
  t.like(put.headers, { authorization: "Bearer a.b.c", "content-type": "application/json; charset=utf-8" });
  t.deepEqual(put.body, { location: "westeurope", properties: { subnets: [], virtualNetworkPeerings: [] } });
});

test("what exists already is not taken over", async (t) => {
  const arm = await open(t, { GET: [{ status: 200, body: ready }] });
  const message = `cannot create already existing resource '${vnetId}'`;
  await t.throwsAsync(createResource(arm.target, inputs), { message });
  const empty = await open(t, { GET: [{ status: 200, body: {} }], PUT: [{ status: 200, body: ready }] });
  await t.notThrowsAsync(createResource(empty.target, inputs));
});

test("a look that is refused says so, with the answer", async (t) => {
  const body = { error: { code: "AuthorizationFailed", message: "no" } };
  const arm = await open(t, { GET: [{ status: 403, body }] });
  const message = `cannot check existence of resource '${vnetId}': status code 403, ${JSON.stringify(body)}`;
  await t.throwsAsync(createResource(arm.target, inputs), { message });
});

test("a refused PUT is printed with status, code and message", async (t) => {
  const refusal = { status: 409, body: { error: { code: "SkuNotAvailable", message: "not here" } } };
  const arm = await open(t, { GET: [missing], PUT: [refusal] });
  const message = 'Status=409 Code="SkuNotAvailable" Message="not here"';
  t.false((await t.throwsAsync(createResource(arm.target, inputs), { message })) instanceof Unfinished);
});

test("an operation is polled as the server says, and the resource read at its end", async (t) => {
  const progress = { status: 200, headers: { "retry-after": "3" }, body: { status: "InProgress" } };
  const script: Script = {
    GET: [missing, { status: 200, body: ready }],
    poll: [progress, { status: 200, body: { status: "Succeeded" } }],
  };
  const arm = await open(t, script);
  const headers = {
    "azure-asyncoperation": `${arm.url}/operations/1?api-version=x`,
    location: "/elsewhere",
    "retry-after-ms": "50",
  };
  script.PUT = [{ status: 201, headers, body: { ...ready, properties: { provisioningState: "Updating" } } }];
  await createResource(arm.target, inputs);
  t.deepEqual(arm.calls().slice(2), ["GET /operations/1", "GET /operations/1", `GET ${vnet}`, `GET ${vnet}`]);
  t.deepEqual(arm.waits, [50, 3000]);
});

test("without the server's word a poll is at once, then every 10 s, of a DELETE every 30 s", async (t) => {
  const progress = { status: 202 };
  const script: Script = {
    GET: [missing, { status: 200, body: ready }],
    poll: [progress, progress, { status: 200, body: ready }],
  };
  const arm = await open(t, script);
  script.PUT = [{ status: 202, headers: { location: "/operations/2" } }];
  await createResource(arm.target, inputs);
  t.deepEqual(arm.waits, [10_000, 10_000]);
  t.true(arm.received.some(({ call }) => call === "GET /operations/2?api-version=2024-05-01"));
  script.poll = [progress, progress, { status: 204 }];
  script.DELETE = script.PUT;
  await deleteResource(arm.target, vnetId);
  t.deepEqual(arm.waits.slice(2), [30_000, 30_000]);
});

test("with neither header the resource's own state is polled", async (t) => {
  const updating = { status: 201, body: { properties: { provisioningState: "Updating" } } };
  const arm = await open(t, {
    GET: [missing, { ...updating, status: 200 }, { status: 200, body: ready }],
    PUT: [updating],
  });
  await createResource(arm.target, inputs);
  t.deepEqual(arm.calls(), [`GET ${vnet}`, `PUT ${vnet}`, `GET ${vnet}`, `GET ${vnet}`, `GET ${vnet}`]);
});

test("an operation that fails leaves the resource as it is for the next up", async (t) => {
  const failed = { status: "Failed", error: { code: "AllocationFailed", message: "no room" } };
  const halfway = { status: 200, body: { ...ready, properties: { provisioningState: "Failed" } } };
  const script: Script = { GET: [missing, halfway], poll: [{ status: 200, body: failed }] };
  const arm = await open(t, script);
  script.PUT = [{ status: 202, headers: { "azure-asyncoperation": `${arm.url}/operations/3` }, body: {} }];
  const error = await t.throwsAsync(createResource(arm.target, inputs), {
    instanceOf: Unfinished,
    message: 'Status=200 Code="AllocationFailed" Message="no room"',
  });
  t.like(error.resource, { id: vnetId, outputs: { provisioningState: "Failed" } });
  script.GET = [missing];
  const lost = await t.throwsAsync(createResource(arm.target, inputs), { instanceOf: Unfinished });
  t.regex(
    lost.message,
    /^resource created but read failed Status=404 .*: Status=200 Code="AllocationFailed"/,
  );
  t.deepEqual(lost.resource, { id: vnetId, outputs: undefined });
});

test("a resource that answers as failed at once is unfinished too", async (t) => {
  const failed = { ...ready, properties: { provisioningState: "Failed" } };
  const arm = await open(t, {
    GET: [missing, { status: 200, body: failed }],
    PUT: [{ status: 200, body: failed }],
  });
  await t.throwsAsync(createResource(arm.target, inputs), {
    instanceOf: Unfinished,
    message: /^Status=200 Message="{/,
  });
});

test("an update sends the arrays that others own as they are, and looks for nothing else", async (t) => {
  const subnets = [{ name: "servers", properties: { addressPrefix: "127.20.1.0/24" } }];
  const now = { ...ready, properties: { subnets } };
  const arm = await open(t, { GET: [{ status: 200, body: now }], PUT: [{ status: 200, body: now }] });
  await updateResource(arm.target, { ...inputs, virtualNetworkPeerings: [] });
  t.deepEqual(arm.calls(), [`GET ${vnet}`, `PUT ${vnet}`, `GET ${vnet}`]);
  t.like((bodies(arm.received, "PUT") as object[])[0], { properties: { subnets } });
  const whole = await open(t, { GET: [{ status: 200, body: now }], PUT: [{ status: 200, body: now }] });
  await updateResource(whole.target, { ...inputs, subnets: [], virtualNetworkPeerings: [] });
  t.deepEqual(whole.calls(), [`PUT ${vnet}`, `GET ${vnet}`]);
});

test("a read after a write that fails is no failure of the write", async (t) => {
  const arm = await open(t, {
    GET: [missing, { status: 403, body: {} }],
    PUT: [{ status: 200, body: ready }],
  });
  t.like(await createResource(arm.target, inputs), {
    id: vnetId,
    outputs: { provisioningState: "Succeeded" },
  });
});

test("a refresh drops what is gone and carries what changed; stand-alone children stay out", async (t) => {
  const known = {
    id: vnetId,
    outputs: { location: "westeurope", tags: { a: "1" } },
    inputs: { ...inputs, tags: { a: "1" } },
  };
  const changed = { ...ready, tags: { a: "2" }, properties: { subnets: [{ name: "x" }] } };
  const arm = await open(t, { GET: [{ status: 200, body: changed }, missing, { status: 403, body: {} }] });
  const found = await readResource(arm.target, known);
  t.deepEqual(found?.inputs, { ...inputs, tags: { a: "2" } });
  t.deepEqual(found?.outputs.subnets, []);
  t.is(await readResource(arm.target, known), undefined);
  await t.throwsAsync(readResource(arm.target, known), { message: /^Status=403/ });
});

test("an import works out its inputs from id and answer", async (t) => {
  const body = {
    ...ready,
    properties: { addressSpace: { addressPrefixes: ["127.20.0.0/16"] }, subnets: [] },
  };
  const arm = await open(t, { GET: [{ status: 200, body }] });
  const found = await readResource(arm.target, { id: vnetId, outputs: {}, inputs: undefined });
  t.deepEqual(found?.inputs, { ...inputs, addressSpace: { addressPrefixes: ["127.20.0.0/16"] } });
  const other = readResource(arm.target, {
    id: `${group}/providers/Microsoft.Sql/servers/x`,
    outputs: {},
    inputs: undefined,
  });
  await t.throwsAsync(other, { message: /is not the id of a Microsoft.Network\/virtualNetworks/ });
});

test("an import of a queue knows its account, and of a role assignment its scope", async (t) => {
  const queue = await open(t, { GET: [{ status: 200, body: {} }] }, "storage:Queue");
  const queueId = `${group}/providers/Microsoft.Storage/storageAccounts/store/queueServices/default/queues/jobs`;
  const imported = async (target: typeof queue.target, id: string) =>
    (await readResource(target, { id, outputs: {}, inputs: undefined }))?.inputs;
  t.deepEqual(await imported(queue.target, queueId), {
    resourceGroupName: "plant",
    accountName: "store",
    queueName: "jobs",
  });
  const role = await open(t, { GET: [{ status: 200, body: {} }] }, "authorization:RoleAssignment");
  const name = "11111111-1111-1111-1111-111111111111";
  const roleId = `${queueId}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  t.deepEqual(await imported(role.target, roleId), { scope: queueId, roleAssignmentName: name });
});

test("what is gone is deleted, what is refused is an error, a singleton is put back", async (t) => {
  const arm = await open(t, {
    DELETE: [missing, { status: 409, body: { error: { code: "InUse", message: "used" } } }],
  });
  await t.notThrowsAsync(deleteResource(arm.target, vnetId));
  await t.throwsAsync(deleteResource(arm.target, vnetId), {
    message: 'Status=409 Code="InUse" Message="used"',
  });
  const policy = await open(t, { PUT: [{ status: 200, body: {} }] }, "sql:BackupShortTermRetentionPolicy");
  await deleteResource(
    policy.target,
    `${group}/providers/Microsoft.Sql/servers/s/databases/d/backupShortTermRetentionPolicies/default`,
  );
  t.deepEqual(bodies(policy.received, "PUT"), [{ properties: { retentionDays: 7 } }]);
  const created = await open(
    t,
    { GET: [{ status: 200, body: ready }], PUT: [{ status: 200, body: {} }] },
    "sql:BackupShortTermRetentionPolicy",
  );
  await createResource(created.target, {
    resourceGroupName: "plant",
    serverName: "s",
    databaseName: "d",
    retentionDays: 14,
  });
  t.deepEqual(bodies(created.received, "PUT"), [{ properties: { retentionDays: 14 } }]);
});

test("unavailable answers are tried 4 times, as the server says or 20, 60 and 120 s apart", async (t) => {
  const busy = { status: 503, body: { error: { code: "ServerUnavailable", message: "later" } } };
  const arm = await open(t, { GET: [busy] });
  const known = { id: vnetId, outputs: {}, inputs };
  await t.throwsAsync(readResource(arm.target, known), {
    message: 'Status=503 Code="ServerUnavailable" Message="later"',
  });
  t.deepEqual(arm.waits, [20_000, 60_000, 120_000]);
  t.is(arm.calls().length, 4);
  const told = await open(t, {
    GET: [
      { ...busy, headers: { "retry-after-ms": "100" } },
      // Cut once on a connection that was idle, which counts for nothing, and once on a fresh one.
      { status: 0 },
      { status: 0 },
      {
        status: 409,
        headers: { "retry-after": "2" },
        body: { error: { code: "AnotherOperationInProgress" } },
      },
      { status: 200, body: ready },
    ],
  });
  t.truthy(await readResource(told.target, known));
  t.deepEqual(told.waits, [100, 60_000, 2000]);
  const long = await open(t, { GET: [{ ...busy, headers: { "retry-after": "121" } }] });
  await t.throwsAsync(readResource(long.target, known), { message: /^Status=503/ });
  t.is(long.calls().length, 1);
});

test("a call that is never answered ends with its time or with a cancellation", async (t) => {
  const arm = await open(t, { GET: [undefined] });
  const cancelled = new AbortController();
  using deadline = startDeadline(cancelled.signal, 0.05);
  await t.throwsAsync(createResource({ ...arm.target, signal: deadline.signal }, inputs), {
    message: "operation timed out",
  });
  const call = createResource({ ...arm.target, signal: cancelled.signal }, inputs);
  cancelled.abort(new Error("context canceled"));
  await t.throwsAsync(call, { message: "context canceled" });
});

test("an operation's address outside 127.0.0.0/8 is not asked", async (t) => {
  const headers = { "azure-asyncoperation": "https://management.azure.com/operations/1" };
  const arm = await open(t, { GET: [missing], PUT: [{ status: 201, headers, body: ready }] });
  await t.throwsAsync(createResource(arm.target, inputs), {
    message: /it refuses https:\/\/management\.azure\.com/,
  });
});

test("a page instead of JSON is printed as it is", async (t) => {
  const arm = await open(t, { GET: [missing], PUT: [{ status: 200, body: "<html>" }] });
  const message = /unexpected response from Azure: '<html>', HTTP status: 200/;
  await t.throwsAsync(createResource(arm.target, inputs), { message });
});

test("a token that is refused names the credential, not the secret, and the next call asks again", async (t) => {
  const arm = await openScriptedArm(t, (call) =>
    call === "POST /token" ? { status: 401, body: { error: "invalid_client" } } : undefined,
  );
  const target = {
    row: typeOfToken("azure-native:network:VirtualNetwork")!,
    client: arm.client,
    signal: new AbortController().signal,
  };
  const error = await t.throwsAsync(createResource(target, inputs), {
    message: /^ClientSecretCredential.*invalid_client/s,
  });
  t.false(error.message.includes("client_secret"));
  await t.throwsAsync(createResource(target, inputs));
  t.is(arm.received.filter(({ call }) => call === "POST /token").length, 2);
});
