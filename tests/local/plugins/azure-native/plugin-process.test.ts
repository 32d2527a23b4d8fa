import { once } from "node:events";
import type { ServiceError } from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import test, { type ExecutionContext } from "ava";
import { fromStruct, toStruct, unknownValue } from "../../../../local/plugins/rpc.ts";
import { openNetwork } from "../../cloud/azure/network-fixture.ts";
import { armEnvironment, ask, check, configure, create, startPlugin, urnOf } from "./plugin-fixture.ts";

const rule = {
  resourceGroupName: "plant",
  networkSecurityGroupName: "nsg",
  securityRuleName: "https",
  access: "Allow",
  direction: "Inbound",
  priority: 100,
  protocol: "Tcp",
  sourceAddressPrefix: "Internet",
  sourcePortRange: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "8443",
};

/** The local cloud with a network, and a configured plugin that talks to it. */
async function connect(t: ExecutionContext) {
  const cloud = await openNetwork(t);
  const sinceMs = Number(process.hrtime.bigint()) / 1e6;
  const plugin = await startPlugin(t, armEnvironment(cloud));
  await configure(plugin);
  const { arm } = cloud.azure.listeners;
  const requests = () =>
    (["discovery", "resources", "tokens"] as const)
      .flatMap((area) => arm.requests(area, sinceMs))
      .map(({ method, path }) => `${method} ${path.replace(/.*\//, "")}`);
  return { ...cloud, plugin, requests };
}

test("configuring asks the cloud where it is, without a token and nothing more", async (t) => {
  const { requests } = await connect(t);
  t.deepEqual(requests(), ["GET endpoints"]);
});

test("a rule's life is a look, a PUT, polls and a GET each, and a DELETE", async (t) => {
  const { plugin, requests, call } = await connect(t);
  const created = await create(plugin, "network:SecurityRule", rule);
  t.regex(created.getId(), /\/networkSecurityGroups\/nsg\/securityRules\/https$/);
  t.like(fromStruct(created.getProperties()), {
    name: "https",
    priority: 100,
    provisioningState: "Succeeded",
  });
  const update = new proto.UpdateRequest().setUrn(urnOf("network:SecurityRule")).setId(created.getId());
  update.setOlds(created.getProperties()).setNews(toStruct({ ...rule, priority: 200 }));
  const updated = await ask<messages.UpdateResponse>((done) => plugin.rpc.update(update, done));
  t.is(fromStruct(updated.getProperties()).priority, 200);
  const gone = new proto.DeleteRequest().setUrn(urnOf("network:SecurityRule")).setId(created.getId());
  await ask((done) => plugin.rpc.delete(gone, done));
  t.is((await call("GET", created.getId())).status, 404);
  const writes = requests().filter((request) => !request.startsWith("GET"));
  t.deepEqual(writes, ["PUT https", "PUT https", "DELETE https", "POST token"]);
});

test("a preview sends no request and leaves computed outputs unknown", async (t) => {
  const { plugin, requests } = await connect(t);
  const planned = await create(plugin, "network:SecurityRule", { ...rule, preview: true });
  t.is(planned.getId(), "");
  t.like(fromStruct(planned.getProperties()), { priority: 100, name: unknownValue, etag: unknownValue });
  t.deepEqual(requests(), ["GET endpoints"]);
});

test("what exists already is named, with its id", async (t) => {
  const { plugin } = await connect(t);
  const again = { resourceGroupName: "plant", networkSecurityGroupName: "nsg" };
  const error: ServiceError = await t.throwsAsync(create(plugin, "network:NetworkSecurityGroup", again));
  t.regex(error.details, /^cannot create already existing resource '\/subscriptions\/.*\/nsg'$/);
});

test("a machine whose first boot fails reaches the engine with its state, to be updated by the next up", async (t) => {
  const { plugin, plant, call } = await connect(t);
  const nic = await create(plugin, "network:NetworkInterface", {
    resourceGroupName: "plant",
    networkInterfaceName: "nic",
    location: "westeurope",
    ipConfigurations: [{ name: "main", subnet: { id: await idOfSubnet(call) } }],
  });
  plant.boots.push({ code: "OSProvisioningClientError", message: "customData is empty" });
  const refused = create(plugin, "compute:VirtualMachine", machine(nic.getId()));
  const error: ServiceError = await t.throwsAsync(refused);
  t.regex(error.details, /^Status=200 Code="OSProvisioningClientError" Message=".*customData is empty/);
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const status = statusProto.Status.deserializeBinary(new Uint8Array(bytes as Buffer));
  const packed = status.getDetailsList()[0]?.getValue_asU8() ?? new Uint8Array();
  const detail = proto.ErrorResourceInitFailed.deserializeBinary(packed);
  t.regex(detail.getId(), /\/virtualMachines\/vm$/);
  t.like(fromStruct(detail.getProperties()), { name: "vm", provisioningState: "Failed" });
  t.deepEqual(detail.getReasonsList(), [error.details]);
  t.is(fromStruct(detail.getInputs()).vmName, "vm");
});

async function idOfSubnet(call: (method: string, path: string) => Promise<{ body: { id: string } }>) {
  const path = "resourceGroups/plant/providers/Microsoft.Network/virtualNetworks/net/subnets/servers";
  return (await call("GET", path)).body.id;
}

const machine = (nic: string) => ({
  resourceGroupName: "plant",
  vmName: "vm",
  location: "westeurope",
  hardwareProfile: { vmSize: "Standard_B2s" },
  networkProfile: { networkInterfaces: [{ id: nic, primary: true }] },
  osProfile: {
    computerName: "vm",
    adminUsername: "operator",
    customData: Buffer.from("#cloud-config\nruncmd: []\n").toString("base64"),
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: {
        publicKeys: [
          { path: "/home/operator/.ssh/authorized_keys", keyData: "ssh-ed25519 AAAAC3Nza operator" },
        ],
      },
    },
  },
  storageProfile: {
    imageReference: { publisher: "Canonical", offer: "ubuntu-26_04-lts", sku: "server", version: "latest" },
    osDisk: { createOption: "FromImage", deleteOption: "Delete" },
  },
});

test("a location that is not given is the group's, asked once", async (t) => {
  const { plugin, requests } = await connect(t);
  for (const name of ["a", "b"]) {
    const news = { resourceGroupName: "plant", networkSecurityGroupName: name };
    const { inputs, reasons } = await check(plugin, "network:NetworkSecurityGroup", news);
    t.deepEqual(reasons, []);
    t.is(inputs.location, "westeurope");
  }
  t.is(requests().filter((request) => request === "GET plant").length, 1);
});

test("Cancel ends a call to a cloud that never answers", async (t) => {
  const { plugin, azure, requests } = await connect(t);
  await azure.listeners.arm.setFault("resources", "hang");
  const call = t.throwsAsync(create(plugin, "network:SecurityRule", rule), { message: /context canceled/ });
  while (!requests().includes("GET https")) await new Promise((resolve) => setImmediate(resolve));
  await ask((done) => plugin.rpc.cancel(new emptyProto.Empty(), done));
  await call;
});

test("everything that the environment lacks is listed, and no secret is", async (t) => {
  const plugin = await startPlugin(t, { ARM_CLIENT_SECRET: "hidden", ARM_CLIENT_ID: "c" });
  const error: ServiceError = await t.throwsAsync(configure(plugin));
  for (const name of ["METADATA_HOSTNAME", "TENANT_ID", "SUBSCRIPTION_ID", "DISABLE_INSTANCE_DISCOVERY"]) {
    t.true(error.details.includes(`ARM_${name}`), name);
  }
  t.false(error.details.includes("hidden"));
  t.false(error.details.includes("ARM_CLIENT_ID"));
});

test("a cloud outside 127.0.0.0/8 is refused before any request, and plain HTTP too", async (t) => {
  const env = armEnvironment({ url: "https://127.0.0.1:1", ca: "" });
  const plugin = await startPlugin(t, env);
  for (const metadataHost of ["management.azure.com", "http://127.0.0.1:1"]) {
    await t.throwsAsync(configure(plugin, { metadataHost }), { message: /the stand-in .* it refuses http/ });
  }
});

test("a cloud that is down is said at once, in one line", async (t) => {
  // Another test's server may get any free port of 127.0.0.1.
  const plugin = await startPlugin(t, armEnvironment({ url: "https://127.1.1.1:8443", ca: "" }));
  await t.throwsAsync(configure(plugin), {
    message: /failed to read the cloud's metadata: Get "https:.*: connect: connection refused/,
  });
});

test("types and functions that the stacks do not use are refused by name", async (t) => {
  const { plugin } = await connect(t);
  await t.throwsAsync(check(plugin, "network:LoadBalancer", {}), {
    message: /azure-native:network:LoadBalancer is not served by the stand-in/,
  });
  const invoke = new proto.InvokeRequest().setTok("azure-native:storage:listStorageAccountKeys");
  await t.throwsAsync(
    ask((done) => plugin.rpc.invoke(invoke, done)),
    {
      message: /listStorageAccountKeys is not served by the stand-in/,
    },
  );
});

test("the plugin reports the version of the SDK it serves, and ends when the engine is gone", async (t) => {
  const plugin = await startPlugin(t, {});
  const info = await ask<PluginInfo>((done) => plugin.rpc.getPluginInfo(new emptyProto.Empty(), done));
  t.is(info.getVersion(), "3.28.0");
  plugin.process.stdin?.end();
  t.deepEqual(await once(plugin.process, "exit"), [0, null]);
});
