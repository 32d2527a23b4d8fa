import type { ExecutionContext } from "ava";
import { openAzure, subscription, type TestCloud } from "./azure-fixture.ts";
import type { AzureOptions } from "../../../../local/cloud/azure/start.ts";

export const group = "resourceGroups/plant";
export const network = `${group}/providers/Microsoft.Network`;
export const compute = `${group}/providers/Microsoft.Compute`;
export const idOf = (path: string) => `${subscription}/${path}`;
export const location = "westeurope";

export const rule = (priority: number, more: object = {}) => ({
  properties: {
    priority,
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    sourceAddressPrefix: "*",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "8443",
    ...more,
  },
});

/** A group, a network 127.0.4.0/24 with the subnet `servers`, and a security group of the NIC. */
export async function openNetwork(
  t: ExecutionContext,
  options: Partial<AzureOptions> = {},
): Promise<TestCloud> {
  const cloud = await openAzure(t, options);
  await cloud.call("PUT", group, { location });
  await cloud.settle("PUT", `${network}/virtualNetworks/net`, {
    location,
    properties: { addressSpace: { addressPrefixes: ["127.0.4.0/24"] } },
  });
  await cloud.settle("PUT", `${network}/virtualNetworks/net/subnets/servers`, {
    properties: { addressPrefix: "127.0.4.0/26" },
  });
  await cloud.settle("PUT", `${network}/networkSecurityGroups/nsg`, { location });
  return cloud;
}

export const nicBody = (more: { address?: string; publicAddress?: string; group?: string } = {}) => ({
  location,
  properties: {
    networkSecurityGroup: { id: idOf(`${network}/networkSecurityGroups/${more.group ?? "nsg"}`) },
    ipConfigurations: [
      {
        name: "main",
        properties: {
          subnet: { id: idOf(`${network}/virtualNetworks/net/subnets/servers`) },
          ...(more.address ? { privateIPAllocationMethod: "Static", privateIPAddress: more.address } : {}),
          ...(more.publicAddress
            ? { publicIPAddress: { id: idOf(`${network}/publicIPAddresses/${more.publicAddress}`) } }
            : {}),
        },
      },
    ],
  },
});

export const cloudConfig = "#cloud-config\nruncmd: []\n";

const osProfile = {
  adminUsername: "operator",
  customData: Buffer.from(cloudConfig).toString("base64"),
  linuxConfiguration: {
    disablePasswordAuthentication: true,
    ssh: {
      publicKeys: [
        { path: "/home/operator/.ssh/authorized_keys", keyData: "ssh-ed25519 AAAAC3Nza operator" },
      ],
    },
  },
};

const imageReference = {
  publisher: "Canonical",
  offer: "ubuntu-26_04-lts",
  sku: "server",
  version: "latest",
};

export const machineBody = (name: string, more: { osProfile?: object; identity?: object } = {}) => ({
  location,
  ...(more.identity ? { identity: more.identity } : {}),
  properties: {
    hardwareProfile: { vmSize: "Standard_B2s" },
    osProfile: { ...osProfile, computerName: name, ...more.osProfile },
    storageProfile: { imageReference },
    networkProfile: { networkInterfaces: [{ id: idOf(`${network}/networkInterfaces/${name}`) }] },
  },
});

/** A NIC with the static address, and a machine on it. */
export async function createMachine(cloud: TestCloud, name: string, address: string) {
  await cloud.settle("PUT", `${network}/networkInterfaces/${name}`, nicBody({ address }));
  return cloud.settle("PUT", `${compute}/virtualMachines/${name}`, machineBody(name));
}

export const scaleSetBody = (
  capacity: number | undefined,
  more: { customData?: string; mode?: string } = {},
) => ({
  location,
  sku: { name: "Standard_B2s", tier: "Standard", ...(capacity === undefined ? {} : { capacity }) },
  properties: {
    upgradePolicy: { mode: more.mode ?? "Manual" },
    virtualMachineProfile: {
      osProfile: {
        ...osProfile,
        computerNamePrefix: "workers-",
        customData: Buffer.from(more.customData ?? cloudConfig).toString("base64"),
      },
      storageProfile: { imageReference },
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: "nic",
            properties: {
              primary: true,
              networkSecurityGroup: { id: idOf(`${network}/networkSecurityGroups/nsg`) },
              ipConfigurations: [
                {
                  name: "main",
                  properties: { subnet: { id: idOf(`${network}/virtualNetworks/net/subnets/servers`) } },
                },
              ],
            },
          },
        ],
      },
    },
  },
});
