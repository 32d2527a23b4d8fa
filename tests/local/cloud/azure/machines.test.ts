import test from "ava";
import { principalIdOf } from "../../../../local/cloud/azure/machine-identity.ts";
import {
  cloudConfig,
  compute,
  createMachine,
  group,
  idOf,
  location,
  machineBody,
  network,
  nicBody,
  openNetwork,
  rule,
  scaleSetBody,
} from "./network-fixture.ts";

const vm = `${compute}/virtualMachines/vm`;
const set = `${compute}/virtualMachineScaleSets/workers`;
const nsg = `${network}/networkSecurityGroups/nsg`;

test("a machine boots once its NIC is there, with its address, name, custom data and keys", async (t) => {
  const cloud = await openNetwork(t);
  t.is((await cloud.call("PUT", vm, machineBody("vm"))).body.error.code, "InvalidResourceReference");
  t.is((await createMachine(cloud, "vm", "127.0.4.11")).body.status, "Succeeded");
  t.deepEqual(cloud.plant.asked("boot"), [
    {
      id: idOf(vm).toLowerCase(),
      name: "vm",
      region: location,
      addresses: ["127.0.4.11"],
      customData: cloudConfig,
      adminUsername: "operator",
      sshPublicKeys: ["ssh-ed25519 AAAAC3Nza operator"],
      identity: null,
    },
  ]);
});

test("a machine with a public address is told both", async (t) => {
  const cloud = await openNetwork(t);
  const address = { location, sku: { name: "Standard" }, properties: { publicIPAllocationMethod: "Static" } };
  await cloud.settle("PUT", `${network}/publicIPAddresses/lb-ip`, address);
  await cloud.settle(
    "PUT",
    `${network}/networkInterfaces/vm`,
    nicBody({ address: "127.0.4.11", publicAddress: "lb-ip" }),
  );
  await cloud.settle("PUT", vm, machineBody("vm"));
  t.deepEqual(cloud.plant.asked("boot")[0]?.addresses, ["127.0.4.11", "127.0.5.5"]);
});

test("the operation lasts until the machine is up", async (t) => {
  const cloud = await openNetwork(t);
  const held = Promise.withResolvers<void>();
  cloud.plant.boots.push(held.promise);
  await cloud.settle("PUT", `${network}/networkInterfaces/vm`, nicBody());
  const operation = cloud.settle("PUT", vm, machineBody("vm"));
  const state = async () => (await cloud.call("GET", vm)).body.properties?.provisioningState;
  while ((await state()) === undefined) await new Promise((resolve) => setImmediate(resolve));
  t.is(await state(), "Creating");
  held.resolve();
  t.is((await operation).body.status, "Succeeded");
  t.is(await state(), "Succeeded");
});

test("a machine whose provisioning fails stays as failed, and the same PUT again boots it", async (t) => {
  const cloud = await openNetwork(t);
  cloud.plant.boots.push({ code: "OSProvisioningClientError", message: "runcmd: no such unit" });
  const failed = await createMachine(cloud, "vm", "127.0.4.11");
  t.like(failed.body, {
    status: "Failed",
    error: { code: "OSProvisioningClientError", message: "runcmd: no such unit" },
  });
  t.is((await cloud.call("GET", vm)).body.properties.provisioningState, "Failed");
  t.is((await cloud.settle("PUT", vm, machineBody("vm"))).body.status, "Succeeded");
  t.is(cloud.plant.asked("boot").length, 2);
});

test("custom data is never read back, and cannot change", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  t.is((await cloud.call("GET", vm)).body.properties.osProfile.customData, undefined);
  const changed = await cloud.call(
    "PUT",
    vm,
    machineBody("vm", { osProfile: { customData: "Y2hhbmdlZA==" } }),
  );
  t.deepEqual([changed.status, changed.body.error.code], [409, "PropertyChangeNotAllowed"]);
  t.regex(changed.body.error.message, /osProfile\.customData/);
  t.is((await cloud.settle("PUT", vm, { ...machineBody("vm"), tags: { a: "b" } })).body.status, "Succeeded");
  t.is(cloud.plant.asked("boot").length, 1);
});

const badProfiles = [
  [{ customData: "not base64!" }, /Base64/],
  [{ customData: "A".repeat(87_384) }, /maximum length/],
  [{ adminUsername: "root" }, /not allowed/],
  [{ linuxConfiguration: {} }, /SSH/],
] as const;

for (const [osProfile, message] of badProfiles) {
  test(`a machine is refused with ${JSON.stringify(osProfile).slice(0, 40)}`, async (t) => {
    const cloud = await openNetwork(t);
    await cloud.settle("PUT", `${network}/networkInterfaces/vm`, nicBody());
    const { status, body } = await cloud.call("PUT", vm, machineBody("vm", { osProfile }));
    t.is(status, 400);
    t.regex(body.error.message, message);
  });
}

test("powerOff and deallocate halt, start boots again, restart does both, and a deletion removes", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  const power = async () => (await cloud.call("GET", `${vm}/instanceView`)).body.statuses.at(-1).code;
  t.is(await power(), "PowerState/running");
  await cloud.settle("POST", `${vm}/powerOff`);
  t.is(await power(), "PowerState/stopped");
  await cloud.settle("POST", `${vm}/start`);
  await cloud.settle("POST", `${vm}/restart`);
  await cloud.settle("POST", `${vm}/deallocate`);
  t.is(await power(), "PowerState/deallocated");
  await cloud.settle("DELETE", vm);
  t.is((await cloud.call("GET", vm)).status, 404);
  const orders = cloud.plant.calls.map((call) => Object.keys(call)[0]).filter((kind) => kind !== "firewall");
  t.deepEqual(orders, ["boot", "halt", "boot", "halt", "boot", "halt", "remove"]);
});

test("a NIC belongs to one machine, and cannot go while it has one", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  const body = machineBody("vm");
  t.is((await cloud.call("PUT", `${compute}/virtualMachines/other`, body)).body.error.code, "NicInUse");
  t.is((await cloud.call("DELETE", `${network}/networkInterfaces/vm`)).body.error.code, "NicInUse");
});

test("a machine's firewall follows its groups, and a rule's operation lasts until the machine has it", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  t.is(cloud.plant.asked("firewall").at(-1)?.rules[0]?.name, "AllowVnetInBound");
  await cloud.settle("PUT", `${nsg}/securityRules/https`, rule(100, { sourceAddressPrefix: "127.0.9.0/24" }));
  const told = cloud.plant.asked("firewall").at(-1);
  t.is(told?.machine, idOf(vm).toLowerCase());
  t.deepEqual(told?.rules[0], {
    name: "https",
    priority: 100,
    access: "Allow",
    sources: ["127.0.9.0/24"],
    ports: ["8443"],
  });
  await cloud.settle("DELETE", `${nsg}/securityRules/https`);
  t.is(cloud.plant.asked("firewall").at(-1)?.rules[0]?.name, "AllowVnetInBound");
});

test("a firewall that has not changed is not sent again", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  const before = cloud.plant.asked("firewall").length;
  await cloud.settle("PUT", `${network}/networkSecurityGroups/other`, { location });
  t.is(cloud.plant.asked("firewall").length, before);
});

test("a group at the subnet counts too", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  await cloud.settle("PUT", `${network}/networkSecurityGroups/closed`, { location });
  await cloud.settle(
    "PUT",
    `${network}/networkSecurityGroups/closed/securityRules/deny`,
    rule(100, { access: "Deny", destinationPortRange: "*" }),
  );
  const subnet = {
    properties: {
      addressPrefix: "127.0.4.0/26",
      networkSecurityGroup: { id: idOf(`${network}/networkSecurityGroups/closed`) },
    },
  };
  await cloud.settle("PUT", `${network}/virtualNetworks/net/subnets/servers`, subnet);
  t.like(cloud.plant.asked("firewall").at(-1)?.rules[0], {
    name: "deny",
    access: "Deny",
    sources: ["*"],
    ports: ["*"],
  });
});

test("a machine gets tokens of the identity assigned to it, by any of its three ids, and of no other", async (t) => {
  const cloud = await openNetwork(t);
  const identities = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;
  const { body } = await cloud.call("PUT", `${identities}/api`, { location });
  await cloud.call("PUT", `${identities}/other`, { location });
  t.is(body.properties.principalId, principalIdOf(idOf(`${identities}/api`)));
  const identity = { type: "UserAssigned", userAssignedIdentities: { [idOf(`${identities}/api`)]: {} } };
  await cloud.settle("PUT", `${network}/networkInterfaces/vm`, nicBody());
  await cloud.settle("PUT", vm, machineBody("vm", { identity }));
  const { endpoint, header } = cloud.plant.asked("boot")[0]!.identity!;
  const ask = (query: string, secret = header) =>
    cloud.raw(`${endpoint}?api-version=2019-08-01&resource=https://azconfig.io${query}`, {
      headers: { "x-identity-header": secret },
    });
  for (const query of [
    "",
    `&client_id=${body.properties.clientId}`,
    `&mi_res_id=${idOf(`${identities}/api`)}`,
  ]) {
    const answer = await ask(query);
    t.is(answer.status, 200, query);
    const claims = JSON.parse(Buffer.from(answer.body.access_token.split(".")[1], "base64url").toString());
    t.like(claims, { oid: body.properties.principalId, aud: "https://azconfig.io" });
  }
  t.is((await ask(`&mi_res_id=${idOf(`${identities}/other`)}`)).status, 400);
  t.is((await ask("", "wrong")).status, 401);
});

test("a scale set keeps as many machines as its capacity, with addresses and names of their own", async (t) => {
  const cloud = await openNetwork(t);
  await cloud.settle("PUT", `${network}/networkInterfaces/vm`, nicBody({ address: "127.0.4.5" }));
  await cloud.settle("PUT", set, scaleSetBody(2));
  const booted = cloud.plant
    .asked("boot")
    .map(({ id, name, addresses }) => [id.split("/").at(-1), name, addresses[0]]);
  t.deepEqual(booted, [
    ["0", "workers-000000", "127.0.4.4"],
    ["1", "workers-000001", "127.0.4.6"],
  ]);
  await cloud.settle("PUT", set, scaleSetBody(1));
  t.deepEqual(cloud.plant.asked("remove"), [{ machine: `${idOf(set).toLowerCase()}/virtualmachines/1` }]);
  await cloud.settle("PATCH", set, { sku: { name: "Standard_B2s", capacity: 2 } });
  t.is(cloud.plant.asked("boot").at(-1)?.name, "workers-000002");
  const { body } = await cloud.call("GET", `${set}/virtualMachines`);
  t.deepEqual(
    body.value.map((each: { instanceId: string }) => each.instanceId),
    ["0", "2"],
  );
});

test("an instance that could not be removed is removed by the next PUT, or with the scale set", async (t) => {
  const cloud = await openNetwork(t);
  await cloud.settle("PUT", set, scaleSetBody(3));
  for (const capacity of [2, 1]) {
    cloud.plant.next.remove = { code: "NoAnswer", message: "no" };
    t.is((await cloud.settle("PUT", set, scaleSetBody(capacity))).body.status, "Failed");
  }
  const removed = () => cloud.plant.asked("remove").map(({ machine }) => machine.at(-1));
  t.deepEqual(removed(), ["2", "2", "1"]);
  await cloud.settle("DELETE", set);
  t.deepEqual(new Set(removed().slice(3)), new Set(["0", "2"]));
});

test("a scale set that is told no capacity keeps its own", async (t) => {
  const cloud = await openNetwork(t);
  await cloud.settle("PUT", set, scaleSetBody(2));
  await cloud.settle("PUT", set, scaleSetBody(undefined));
  t.is((await cloud.call("GET", set)).body.sku.capacity, 2);
  t.deepEqual(cloud.plant.asked("remove"), []);
});

test("under Manual an instance keeps its model until it is upgraded, and its disk until it is reimaged", async (t) => {
  const cloud = await openNetwork(t);
  await cloud.settle("PUT", set, scaleSetBody(1));
  await cloud.settle("PUT", set, scaleSetBody(1, { customData: "#cloud-config\n" }));
  const latest = async () =>
    (await cloud.call("GET", `${set}/virtualMachines/0`)).body.properties.latestModelApplied;
  t.false(await latest());
  await cloud.settle("POST", `${set}/manualupgrade`, { instanceIds: ["0"] });
  t.true(await latest());
  t.is(cloud.plant.asked("boot").length, 1);
  await cloud.settle("POST", `${set}/reimage`, { instanceIds: ["*"] });
  t.is(cloud.plant.asked("boot").at(-1)?.customData, "#cloud-config\n");
  t.deepEqual(Object.keys(cloud.plant.calls.at(-1)!), ["firewall"]);
});

test("an instance that fails leaves the others up, and the next PUT brings up that one only", async (t) => {
  const cloud = await openNetwork(t);
  cloud.plant.boots.push({ code: "OSProvisioningTimedOut", message: "no" });
  t.is((await cloud.settle("PUT", set, scaleSetBody(2))).body.status, "Failed");
  t.is((await cloud.settle("PUT", set, scaleSetBody(2))).body.status, "Succeeded");
  t.deepEqual(
    cloud.plant.asked("boot").map(({ name }) => name.at(-1)),
    ["0", "1", "0"],
  );
});

test("one machine of a scale set is powered off by its own path", async (t) => {
  const cloud = await openNetwork(t);
  await cloud.settle("PUT", set, scaleSetBody(2));
  await cloud.settle("POST", `${set}/virtualMachines/1/powerOff`);
  t.deepEqual(cloud.plant.asked("halt"), [{ machine: `${idOf(set).toLowerCase()}/virtualmachines/1` }]);
  await cloud.settle("DELETE", set);
  t.is(cloud.plant.asked("remove").length, 2);
});

test("deleted instances leave the others as they are, and are not replaced", async (t) => {
  const cloud = await openNetwork(t);
  await cloud.settle("PUT", set, scaleSetBody(3));
  t.is((await cloud.call("POST", `${set}/delete`, {})).status, 400);
  t.is((await cloud.call("POST", `${set}/delete`, { instanceIds: ["7"] })).status, 400);
  t.is((await cloud.settle("POST", `${set}/delete`, { instanceIds: ["1"] })).body.status, "Succeeded");
  t.deepEqual(cloud.plant.asked("remove"), [{ machine: `${idOf(set).toLowerCase()}/virtualmachines/1` }]);
  t.is((await cloud.call("GET", set)).body.sku.capacity, 2);
  const { body } = await cloud.call("GET", `${set}/instanceView`);
  t.deepEqual(body.virtualMachine.statusesSummary, [{ code: "ProvisioningState/succeeded", count: 2 }]);
  await cloud.settle("PUT", set, scaleSetBody(3));
  t.deepEqual(cloud.plant.asked("boot").at(-1)?.addresses, ["127.0.4.5"], "its address is free again");
});

test("a region has no more vCPUs than its quota, machines and scale sets together", async (t) => {
  const cloud = await openNetwork(t);
  await createMachine(cloud, "vm", "127.0.4.11");
  cloud.azure.cloud.switches.cores = 6;
  t.is((await cloud.settle("PUT", set, scaleSetBody(2))).body.status, "Succeeded");
  const { status, body } = await cloud.call("PUT", set, scaleSetBody(4));
  t.deepEqual([status, body.error.code], [409, "OperationNotAllowed"]);
  t.regex(
    body.error.message,
    /exceeding approved Total Regional Cores quota.* Location: westeurope, Current Limit: 6, Current Usage: 6, Additional Required: 4, \(Minimum\) New Limit Required: 10\./,
  );
  t.is((await cloud.call("GET", set)).body.sku.capacity, 2);
  t.is((await cloud.settle("PUT", set, scaleSetBody(1))).body.status, "Succeeded", "less is always possible");
});

test("a subnet that is full takes no further machine", async (t) => {
  const cloud = await openNetwork(t);
  const { body } = await cloud.call("PUT", set, scaleSetBody(60));
  t.is(body.error.code, "SubnetIsFull");
  t.is((await cloud.call("GET", set)).status, 404);
});
