import test from "ava";
import { deployer, openAzure, subscription } from "./azure-fixture.ts";
import { compute, group, location, machineBody, network, nicBody, openNetwork } from "./network-fixture.ts";

const nsg = `${network}/networkSecurityGroups`;
const vm = `${compute}/virtualMachines/vm`;

test("a region that serves no writes answers 503 to them and goes on answering reads", async (t) => {
  const { azure, call } = await openNetwork(t);
  azure.setRegion("West Europe", "refused");
  for (const [method, path] of [
    ["PUT", `${nsg}/other`],
    ["PUT", group],
    ["DELETE", `${nsg}/nsg`],
  ] as const) {
    const answer = await call(method, path, method === "PUT" ? { location } : undefined);
    t.is(answer.status, 503);
    t.like(answer.headers, { "retry-after": "1" });
  }
  t.is((await call("GET", `${nsg}/nsg`)).status, 200);
  t.is((await call("PUT", "resourceGroups/other", { location: "northeurope" })).status, 201);
  azure.setRegion("westeurope", "served");
  t.is((await call("PUT", `${nsg}/other`, { location })).status, 201);
});

test("a role is assigned in a region that serves no other writes", async (t) => {
  const { azure, call } = await openNetwork(t);
  azure.setRegion(location, "refused");
  const role = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b`;
  const path = `${nsg}/nsg/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111`;
  t.is(
    (await call("PUT", path, { properties: { principalId: deployer, roleDefinitionId: role } })).status,
    201,
  );
});

test("what is in progress in a region that goes down ends as failed, and the same write again completes", async (t) => {
  const { azure, call, settle, plant } = await openNetwork(t);
  await settle("PUT", `${network}/networkInterfaces/vm`, nicBody());
  plant.boots.push(new Promise(() => {}));
  const operation = settle("PUT", vm, machineBody("vm"));
  while (plant.asked("boot").length === 0) await new Promise((resolve) => setImmediate(resolve));
  azure.setRegion(location, "refused");
  t.like((await operation).body, { status: "Failed", error: { code: "InternalServerError" } });
  t.is((await call("GET", vm)).body.properties.provisioningState, "Failed");
  azure.setRegion(location, "served");
  t.is((await settle("PUT", vm, machineBody("vm"))).body.status, "Succeeded");
});

test("a refusal ends as many writes as it says, of the type and name it says", async (t) => {
  const { azure, call } = await openNetwork(t);
  const code = "SkuNotAvailable";
  azure.cloud.switches.addRefusal({
    type: "Microsoft.Network/NetworkSecurityGroups",
    name: "A",
    status: 409,
    code,
    message: "no",
    times: 2,
  });
  const put = async (name: string) => (await call("PUT", `${nsg}/${name}`, { location })).body.error?.code;
  t.deepEqual(
    [await put("b"), await put("a"), await put("a"), await put("a")],
    [undefined, code, code, undefined],
  );
});

test("too many reads are throttled with the seconds to wait, and writes are counted apart", async (t) => {
  const buckets = {
    reads: { size: 3, perSecond: 0.001 },
    writes: { size: 1, perSecond: 0.001 },
    deletes: { size: 1, perSecond: 1 },
  };
  const { call } = await openAzure(t, { buckets });
  const statuses = [];
  for (let count = 0; count < 4; count += 1) statuses.push((await call("GET", "resourceGroups")).status);
  t.deepEqual(statuses, [200, 200, 200, 429]);
  const refused = await call("GET", "resourceGroups");
  t.is(refused.body.error.code, "SubscriptionRequestsThrottled");
  t.true(Number(refused.headers["retry-after"]) >= 900);
  t.is((await call("PUT", group, { location })).status, 201);
  t.is((await call("PUT", group, { location })).status, 429);
});

test("durations are real, a sixtieth of it, or nothing", async (t) => {
  const { azure } = await openAzure(t);
  const { durations } = azure.cloud;
  const seconds = durations.secondsOf("Microsoft.Compute/virtualMachines", "create");
  const shortened = (["instant", "scaled", "real"] as const).map((mode) => {
    durations.mode = mode;
    return durations.shortened(seconds);
  });
  t.deepEqual(shortened, [0, seconds * (1000 / 60), seconds * 1000]);
  for (const { basis, source } of Object.values(durations.list())) t.truthy(basis && source);
});

for (const mode of ["429", "503"] as const) {
  test(`Resource Manager can answer ${mode} while tokens are still issued`, async (t) => {
    const { azure, call, token } = await openAzure(t);
    await azure.listeners.arm.setFault("resources", mode);
    const answer = await call("GET", "resourceGroups");
    t.is(answer.status, Number(mode));
    t.is(answer.headers["retry-after"], "1");
    t.truthy(await token());
    await azure.listeners.arm.setFault("resources", "none");
    t.is((await call("GET", "resourceGroups")).status, 200);
  });
}

test("Resource Manager can refuse while tokens are still issued, and the other way round", async (t) => {
  const { azure, call, token } = await openAzure(t);
  const { arm } = azure.listeners;
  await arm.setFault("resources", "refuse");
  await t.throwsAsync(call("GET", "resourceGroups"), { code: "ECONNRESET" });
  t.truthy(await token());
  await arm.setFault("tokens", "refuse");
  await t.throwsAsync(token(), { code: "ECONNRESET" });
  const discovery = await call("GET", "/metadata/endpoints");
  t.is(discovery.status, 200, "a plugin of the public cloud asks nobody where the clouds are");
  await arm.setFault("resources", "none");
  await t.throwsAsync(token(), { code: "ECONNRESET" });
  t.is((await call("GET", "resourceGroups")).status, 200);
});

test("a call that hangs is reset when the fault is lifted", async (t) => {
  const { azure, call } = await openAzure(t);
  const { arm } = azure.listeners;
  await arm.setFault("resources", "hang");
  const hanging = call("GET", "resourceGroups");
  while (!arm.requests("resources", 0).some(({ status }) => status === null))
    await new Promise((resolve) => setImmediate(resolve));
  await arm.setFault("resources", "none");
  await t.throwsAsync(hanging, { code: "ECONNRESET" });
  t.is((await call("GET", "resourceGroups")).status, 200);
});

test("App Configuration fails on its own", async (t) => {
  const { azure, call, raw } = await openAzure(t);
  await azure.listeners.appConfiguration.setFault("reads", "refuse");
  // Reset where another test's server has just had the same free port.
  await t.throwsAsync(raw(`${azure.listeners.appConfiguration.url}/kv`), {
    message: /ECONNREFUSED|ECONNRESET/,
  });
  t.is((await call("GET", "resourceGroups")).status, 200);
  await azure.listeners.appConfiguration.setFault("reads", "none");
  t.is((await raw(`${azure.listeners.appConfiguration.url}/kv`)).status, 401);
});

test("the log has each call's method, path, API version, status and times", async (t) => {
  const { azure, call } = await openAzure(t);
  const before = Number(process.hrtime.bigint()) / 1e6;
  await call("PUT", group, { location });
  const [logged] = azure.listeners.arm.requests("resources", before);
  t.like(logged, {
    method: "PUT",
    path: `/subscriptions/00000000-0000-0000-0000-000000000000/${group}`,
    apiVersion: "2024-03-01",
    status: 201,
  });
  t.true(before <= logged!.atMs && logged!.atMs <= logged!.answeredAtMs!);
});
