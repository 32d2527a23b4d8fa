import { existsSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { defaultEndpoints } from "../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import type { Block } from "../../../local/plant/block.ts";
import { startPlant } from "../../../local/plant/plant.ts";
import type { Plant } from "../../../local/plant/plant.ts";
import { createSshKey } from "../../../local/plant/ssh-key.ts";
import { prepareToolchain } from "../../../local/toolchain/prepare.ts";
import { ArmClient } from "./arm-client.ts";
import type { ArmAnswer } from "./arm-client.ts";
import { clientPort, echoConfig } from "./machine/machines-fixture.ts";

let block: Block;
let plant: Plant;
let arm: ArmClient;
let address: string;

const location = "westeurope";
const group = "resourceGroups/plant";
const network = `${group}/providers/Microsoft.Network`;
const vm = `${group}/providers/Microsoft.Compute/virtualMachines/saas-echo`;
const versions = { group: "2024-03-01", network: "2024-05-01", compute: "2024-11-01" };

test.before(async () => {
  const toolchain = await prepareToolchain(() => {});
  block = await acquireDrillBlock({ clientPort, report: () => {} });
  plant = await startPlant({
    toolchain,
    block,
    hosts: defaultEndpoints(block.number),
    zoneName: "example.test",
    clientPort,
    prefix: "saas",
    regions: { primary: "westeurope", secondary: "northeurope" },
    ttlDivisor: 30,
    refreshSeconds: 1,
    apiToken: "local-plant-test-token-of-forty-characters",
    onExit: () => {},
    report: () => {},
  });
  arm = await ArmClient.signIn(plant);
  address = `127.${block.number}.1.40`;
  await createNetwork();
});

test.after.always(async () => {
  await plant?.stop();
  await block?.release();
});

async function createNetwork(): Promise<void> {
  const range = `127.${block.number}.1.0/24`;
  const subnet = { name: "servers", properties: { addressPrefix: range } };
  const ipConfiguration = {
    name: "main",
    properties: {
      subnet: { id: arm.id(`${network}/virtualNetworks/net/subnets/servers`) },
      privateIPAllocationMethod: "Static",
      privateIPAddress: address,
    },
  };
  const securityGroup = { id: arm.id(`${network}/networkSecurityGroups/nsg`) };
  await succeeds("PUT", group, { version: versions.group, body: { location } });
  const put = (name: string, properties: object) =>
    succeeds("PUT", `${network}/${name}`, { version: versions.network, body: { location, properties } });
  await put("virtualNetworks/net", { addressSpace: { addressPrefixes: [range] }, subnets: [subnet] });
  await put("networkSecurityGroups/nsg", {});
  await put("networkInterfaces/echo", {
    networkSecurityGroup: securityGroup,
    ipConfigurations: [ipConfiguration],
  });
}

async function succeeds(...request: Parameters<ArmClient["carryOut"]>): Promise<ArmAnswer> {
  const answer = await arm.carryOut(...request);
  const failed = answer.status >= 400 || answer.body["status"] === "Failed";
  if (failed) throw new Error(`${request[0]} ${request[1]}: ${JSON.stringify(answer)}`);
  return answer;
}

function machineBody(customData: string): object {
  const publicKeys = [
    { path: "/home/failover/.ssh/authorized_keys", keyData: createSshKey("deploy").publicKey },
  ];
  return {
    location,
    properties: {
      hardwareProfile: { vmSize: "Standard_D2as_v5" },
      storageProfile: {
        imageReference: {
          publisher: "Canonical",
          offer: "ubuntu-26_04-lts",
          sku: "server",
          version: "latest",
        },
      },
      osProfile: {
        computerName: "echo",
        adminUsername: "failover",
        customData: Buffer.from(customData).toString("base64"),
        linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys } },
      },
      networkProfile: { networkInterfaces: [{ id: arm.id(`${network}/networkInterfaces/echo`) }] },
    },
  };
}

const putMachine = (customData: string) =>
  arm.carryOut("PUT", vm, { version: versions.compute, body: machineBody(customData) });
const act = (verb: string) => succeeds("POST", `${vm}/${verb}`, { version: versions.compute });

/** `answers`, `silent`, or the code of the error. */
async function reach(): Promise<string> {
  try {
    await fetch(`http://${address}:${clientPort}/`, { signal: AbortSignal.timeout(500) });
    return "answers";
  } catch (error) {
    const { name, cause } = error as { name: string; cause?: { code?: string } };
    return name === "TimeoutError" ? "silent" : (cause?.code ?? name);
  }
}

function setRule(priority: number, access: "Allow" | "Deny"): Promise<ArmAnswer> {
  const any = { sourcePortRange: "*", destinationAddressPrefix: "*", sourceAddressPrefix: "127.0.0.1/32" };
  const properties = { ...any, priority, access, direction: "Inbound", protocol: "Tcp" };
  const body = { properties: { ...properties, destinationPortRange: String(clientPort) } };
  return succeeds("PUT", `${network}/networkSecurityGroups/nsg/securityRules/${access}`, {
    version: versions.network,
    body,
  });
}

test.serial(
  "a machine whose customData is wrong is a failed operation with Azure's code, and leaves nothing",
  async (t) => {
    const answer = await putMachine(echoConfig(address, { packages: ["npm"] }));
    t.like(answer.body, { status: "Failed", error: { code: "OSProvisioningClientError" } });
    t.regex(
      JSON.stringify(answer.body),
      /OS Provisioning for VM 'echo' failed.*package nodejs is not installed/,
    );
    t.is(await reach(), "ECONNREFUSED");
    await succeeds("DELETE", vm, { version: versions.compute });
  },
);

test.serial("a machine that Resource Manager creates serves behind its security group", async (t) => {
  t.like((await putMachine(echoConfig(address))).body, { status: "Succeeded" });
  t.is(await reach(), "silent");
  await setRule(200, "Allow");
  t.is(await reach(), "answers");
  await setRule(100, "Deny");
  t.is(await reach(), "silent");
  await succeeds("DELETE", `${network}/networkSecurityGroups/nsg/securityRules/Deny`, {
    version: versions.network,
  });
  t.is(await reach(), "answers");
});

test.serial("powerOff silences it, start brings it back, and a deletion takes all of it away", async (t) => {
  await act("powerOff");
  t.is(await reach(), "silent");
  await act("start");
  t.is(await reach(), "answers");
  await act("restart");
  t.is(await reach(), "answers");
  await succeeds("DELETE", vm, { version: versions.compute });
  t.is(await reach(), "ECONNREFUSED");
  t.false(existsSync(path.join(plant.folder, "vm/echo")));
});
