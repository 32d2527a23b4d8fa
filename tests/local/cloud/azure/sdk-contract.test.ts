import test from "ava";
import { AppConfigurationClient } from "@azure/app-configuration";
import { ComputeManagementClient } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";
import { ResourceManagementClient } from "@azure/arm-resources";
import { ClientSecretCredential } from "@azure/identity";
import { openAzure, deployer, subscription } from "./azure-fixture.ts";
import { machineBody, nicBody, openNetwork, scaleSetBody } from "./network-fixture.ts";

const subscriptionId = "00000000-0000-0000-0000-000000000000";
const quick = { updateIntervalInMs: 1 };

test("the official credential signs in with the secret, and its wrong secret is AADSTS7000215", async (t) => {
  const { credential, url, ca } = await openAzure(t);
  const token = await credential.getToken(`${url}/.default`);
  t.is(token.token.split(".").length, 3);
  const claims = JSON.parse(Buffer.from(token.token.split(".")[1]!, "base64url").toString());
  t.like(claims, { oid: deployer, tid: subscriptionId, appid: subscriptionId });
  const wrong = new ClientSecretCredential(subscriptionId, subscriptionId, "wrong", {
    authorityHost: url,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  await t.throwsAsync(wrong.getToken(`${url}/.default`), { message: /AADSTS7000215/ });
});

test("the official resources client creates, finds, lists, tags and deletes a group", async (t) => {
  const { credential, client } = await openAzure(t);
  const { resourceGroups } = new ResourceManagementClient(credential, subscriptionId, client);
  const group = await resourceGroups.createOrUpdate("Plant", { location: "West Europe", tags: { a: "1" } });
  t.like(group, { name: "Plant", location: "westeurope", properties: { provisioningState: "Succeeded" } });
  t.is((await resourceGroups.get("pLANT")).name, "Plant");
  t.like(await resourceGroups.update("plant", { tags: { b: "2" } }), { tags: { a: "1", b: "2" } });
  const names = [];
  for await (const { name } of resourceGroups.list()) names.push(name);
  t.deepEqual(names, ["Plant"]);
  await resourceGroups.delete("plant", quick);
  await t.throwsAsync(resourceGroups.get("plant"), { code: "ResourceGroupNotFound" });
});

test("the official network client builds a network, and its errors carry Azure's codes", async (t) => {
  const { credential, client } = await openNetwork(t);
  const official = new NetworkManagementClient(credential, subscriptionId, client);
  const rule = await official.securityRules.createOrUpdate(
    "plant",
    "nsg",
    "https",
    {
      priority: 100,
      access: "Allow",
      direction: "Inbound",
      protocol: "Tcp",
      sourceAddressPrefix: "Internet",
      sourcePortRange: "*",
      destinationAddressPrefix: "*",
      destinationPortRange: "8443",
    },
    quick,
  );
  t.is(rule.provisioningState, "Succeeded");
  const nic = await official.networkInterfaces.createOrUpdate(
    "plant",
    "nic",
    {
      location: "westeurope",
      ipConfigurations: [
        {
          name: "main",
          subnet: {
            id: `${subscription}/resourceGroups/plant/providers/Microsoft.Network/virtualNetworks/net/subnets/servers`,
          },
        },
      ],
    },
    quick,
  );
  t.is(nic.ipConfigurations?.[0]?.privateIPAddress, "127.0.4.4");
  const used = official.virtualNetworks.delete("plant", "net", quick);
  await t.throwsAsync(used, { code: "InUseSubnetCannotBeDeleted" });
});

test("the official compute client creates, stops, starts, looks into and deletes a machine", async (t) => {
  const { credential, client, settle, plant } = await openNetwork(t);
  await settle(
    "PUT",
    "resourceGroups/plant/providers/Microsoft.Network/networkInterfaces/vm",
    nicBody({ address: "127.0.4.11" }),
  );
  const { virtualMachines } = new ComputeManagementClient(credential, subscriptionId, client);
  const { location, properties } = machineBody("vm");
  const [attached] = properties.networkProfile.networkInterfaces;
  const machine = await virtualMachines.createOrUpdate(
    "plant",
    "vm",
    {
      location,
      ...properties,
      networkProfile: { networkInterfaces: [{ id: attached!.id, primary: true }] },
    },
    quick,
  );
  t.is(machine.provisioningState, "Succeeded");
  await virtualMachines.powerOff("plant", "vm", quick);
  const stopped = await virtualMachines.instanceView("plant", "vm");
  t.true(stopped.statuses?.some(({ code }) => code === "PowerState/stopped"));
  await virtualMachines.start("plant", "vm", quick);
  await virtualMachines.delete("plant", "vm", quick);
  const orders = plant.calls.map((call) => Object.keys(call)[0]).filter((kind) => kind !== "firewall");
  t.deepEqual(orders, ["boot", "halt", "boot", "remove"]);
});

test("the official compute client scales a scale set, looks into its instances and deletes one", async (t) => {
  const { credential, client, settle } = await openNetwork(t);
  const path = "resourceGroups/plant/providers/Microsoft.Compute/virtualMachineScaleSets/workers";
  await settle("PUT", path, scaleSetBody(1));
  const { virtualMachineScaleSets, virtualMachineScaleSetVMs } = new ComputeManagementClient(
    credential,
    subscriptionId,
    client,
  );
  await virtualMachineScaleSets.update(
    "plant",
    "workers",
    { sku: { name: "Standard_B2s", capacity: 3 } },
    quick,
  );
  const instances = [];
  for await (const { instanceId } of virtualMachineScaleSetVMs.list("plant", "workers"))
    instances.push(instanceId);
  t.deepEqual(instances, ["0", "1", "2"]);
  const seen = await virtualMachineScaleSets.getInstanceView("plant", "workers");
  t.deepEqual(seen.virtualMachine?.statusesSummary, [{ code: "ProvisioningState/succeeded", count: 3 }]);
  await virtualMachineScaleSets.deleteInstances("plant", "workers", { instanceIds: ["0"] }, quick);
  t.is((await virtualMachineScaleSets.get("plant", "workers")).sku?.capacity, 2);
  const one = await virtualMachineScaleSetVMs.getInstanceView("plant", "workers", "1");
  t.deepEqual(
    one.statuses?.map(({ code }) => code),
    ["ProvisioningState/succeeded", "PowerState/running"],
  );
});

test("the official App Configuration client reads a setting, and is told when it has not changed", async (t) => {
  const cloud = await openAzure(t);
  const store = "resourceGroups/plant/providers/Microsoft.AppConfiguration/configurationStores/settings";
  await cloud.call("PUT", "resourceGroups/plant", { location: "westeurope" });
  await cloud.settle("PUT", store, {
    location: "westeurope",
    sku: { name: "standard" },
    properties: { dataPlaneProxy: { authenticationMode: "Pass-through" }, disableLocalAuth: true },
  });
  const role = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b`;
  const grant = "11111111-1111-1111-1111-111111111111";
  await cloud.call("PUT", `${store}/providers/Microsoft.Authorization/roleAssignments/${grant}`, {
    properties: { principalId: deployer, roleDefinitionId: role },
  });
  await cloud.call("PUT", `${store}/keyValues/failover`, {
    properties: { value: '{"api":"both"}', contentType: "application/json" },
  });
  const { endpoint } = (await cloud.call("GET", store)).body.properties;
  const client = new AppConfigurationClient(endpoint, cloud.credential, {
    tlsOptions: { ca: cloud.ca },
  });
  const setting = await client.getConfigurationSetting({ key: "failover" });
  t.like(setting, { value: '{"api":"both"}', contentType: "application/json", statusCode: 200 });
  const again = await client.getConfigurationSetting(setting, { onlyIfChanged: true });
  t.is(again.statusCode, 304);
  const keys = [];
  for await (const { key } of client.listConfigurationSettings({ keyFilter: "fail*" })) keys.push(key);
  t.deepEqual(keys, ["failover"]);
  await t.throwsAsync(client.getConfigurationSetting({ key: "other" }), {
    message: /no such key-value|404/i,
  });
});
