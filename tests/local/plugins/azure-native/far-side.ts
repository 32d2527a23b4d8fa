import { VirtualMachineScaleSet } from "@pulumi/azure-native/compute/virtualMachineScaleSet.js";
import { AutoscaleSetting } from "@pulumi/azure-native/monitor/autoscaleSetting.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { Database } from "@pulumi/azure-native/sql/database.js";
import { FailoverGroup } from "@pulumi/azure-native/sql/failoverGroup.js";
import { FirewallRule } from "@pulumi/azure-native/sql/firewallRule.js";
import { Server } from "@pulumi/azure-native/sql/server.js";
import { VirtualNetworkRule } from "@pulumi/azure-native/sql/virtualNetworkRule.js";
import { BlobContainer } from "@pulumi/azure-native/storage/blobContainer.js";
import { StorageAccount } from "@pulumi/azure-native/storage/storageAccount.js";

const nobody = "00000000-0000-0000-0000-000000000000";

/** The types that whole-plant.ts leaves out: workers, a failover group, and what goes with them. */
export function declareFarSide({ workers }: { workers: number }) {
  const primary = new ResourceGroup("primary", { resourceGroupName: "near", location: "westeurope" });
  const secondary = new ResourceGroup("secondary", { resourceGroupName: "far", location: "northeurope" });
  const near = { resourceGroupName: primary.name, location: "westeurope" };
  const far = { resourceGroupName: secondary.name, location: "northeurope" };
  const subnet = declareNetwork(far);
  const pool = declareWorkers(far, subnet, workers);
  const group = declareDatabases(near, far, subnet);
  const account = new StorageAccount("account", {
    ...far,
    accountName: "saasstore2",
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  void new BlobContainer("blobs", { ...resourceGroupOf(far), accountName: account.name });
  return { role: group.replicationRole, pool: pool.uniqueId };
}

type Place = { resourceGroupName: ResourceGroup["name"]; location: string };
const resourceGroupOf = ({ resourceGroupName }: Place) => ({ resourceGroupName });

function declareNetwork(place: Place): Subnet {
  const addressSpace = { addressPrefixes: ["127.0.5.0/24"] };
  const net = new VirtualNetwork("net", { ...place, virtualNetworkName: "net", addressSpace });
  return new Subnet("workers", {
    ...resourceGroupOf(place),
    virtualNetworkName: net.name,
    addressPrefix: "127.0.5.0/25",
    serviceEndpoints: [{ service: "Microsoft.Sql" }],
  });
}

function declareWorkers(place: Place, subnet: Subnet, capacity: number): VirtualMachineScaleSet {
  const keys = [{ path: "/home/operator/.ssh/authorized_keys", keyData: "ssh-ed25519 AAAAC3Nza operator" }];
  const ipConfigurations = [{ name: "main", subnet: { id: subnet.id } }];
  const pool = new VirtualMachineScaleSet("workers", {
    ...place,
    vmScaleSetName: "workers",
    sku: { name: "Standard_B2s", tier: "Standard", capacity },
    upgradePolicy: { mode: "Manual" },
    virtualMachineProfile: {
      osProfile: {
        computerNamePrefix: "workers-",
        adminUsername: "operator",
        customData: Buffer.from("#cloud-config\nruncmd: []\n").toString("base64"),
        linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys: keys } },
      },
      storageProfile: {
        imageReference: {
          publisher: "Canonical",
          offer: "ubuntu-26_04-lts",
          sku: "server",
          version: "latest",
        },
      },
      networkProfile: { networkInterfaceConfigurations: [{ name: "nic", primary: true, ipConfigurations }] },
    },
  });
  void new AutoscaleSetting("scale", {
    ...place,
    targetResourceUri: pool.id,
    enabled: false,
    profiles: [{ name: "usual", capacity: { minimum: "1", maximum: "4", default: "1" }, rules: [] }],
  });
  return pool;
}

function declareDatabases(near: Place, far: Place, subnet: Subnet): FailoverGroup {
  const declareServer = (name: string, place: Place) =>
    new Server(name, {
      ...place,
      serverName: `saas-sql-${name}`,
      version: "12.0",
      administrators: {
        administratorType: "ActiveDirectory",
        azureADOnlyAuthentication: true,
        login: "admins",
        sid: "00000000-0000-0000-0000-000000000001",
        tenantId: nobody,
      },
    });
  const server = declareServer("primary", near);
  const partner = declareServer("secondary", far);
  const inServer = { ...resourceGroupOf(near), serverName: server.name };
  const database = new Database("saas", { ...near, serverName: server.name, databaseName: "saas" });
  void new FirewallRule("azure", { ...inServer, startIpAddress: "0.0.0.0", endIpAddress: "0.0.0.0" });
  void new VirtualNetworkRule("workers", {
    ...resourceGroupOf(far),
    serverName: partner.name,
    virtualNetworkSubnetId: subnet.id,
  });
  return new FailoverGroup("group", {
    ...inServer,
    failoverGroupName: "saas-sql",
    databases: [database.id],
    partnerServers: [{ id: partner.id }],
    readWriteEndpoint: { failoverPolicy: "Manual" },
    readOnlyEndpoint: { failoverPolicy: "Disabled", targetServer: partner.id },
  });
}
