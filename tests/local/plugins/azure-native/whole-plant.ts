import type { Input } from "@pulumi/pulumi/output.js";
import { ConfigurationStore } from "@pulumi/azure-native/appconfiguration/configurationStore.js";
import { KeyValue } from "@pulumi/azure-native/appconfiguration/keyValue.js";
import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { VirtualMachine } from "@pulumi/azure-native/compute/virtualMachine.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { SecurityRule } from "@pulumi/azure-native/network/securityRule.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { BackupShortTermRetentionPolicy } from "@pulumi/azure-native/sql/backupShortTermRetentionPolicy.js";
import { Database } from "@pulumi/azure-native/sql/database.js";
import { Server } from "@pulumi/azure-native/sql/server.js";
import { BlobServiceProperties } from "@pulumi/azure-native/storage/blobServiceProperties.js";
import { Queue } from "@pulumi/azure-native/storage/queue.js";
import { StorageAccount } from "@pulumi/azure-native/storage/storageAccount.js";

const location = "westeurope";
const nobody = "00000000-0000-0000-0000-000000000000";
const deployer = "00000000-0000-0000-0000-000000000001";
const dataOwner = "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b";
const dataReader = "516239f1-63e1-4d78-a4de-a74fb236a071";

export interface Wishes {
  priority: number;
  /** Part of the network's address space. */
  network: string;
  /** Name of the queue: changing it replaces the queue. */
  queue: string;
  setting: string;
  tags: Record<string, string>;
}

/** One of most types that the stacks use, wired as they wire them. */
export function declarePlant({ priority, network, queue, setting, tags }: Wishes) {
  const group = new ResourceGroup("plant", { resourceGroupName: "plant", location, tags });
  const inGroup = { resourceGroupName: group.name, location };
  const { machine, address, identity } = declareMachine(inGroup, { priority, network });
  declareSettings(inGroup, identity, setting);
  const { url, database } = declareStores(inGroup, queue);
  return {
    address: address.ipAddress,
    state: machine.provisioningState,
    machineId: machine.vmId,
    url,
    database,
  };
}

type InGroup = { resourceGroupName: ResourceGroup["name"]; location: string };

function declareMachine(inGroup: InGroup, { priority, network }: Pick<Wishes, "priority" | "network">) {
  const { resourceGroupName } = inGroup;
  const net = new VirtualNetwork("net", {
    ...inGroup,
    virtualNetworkName: "net",
    addressSpace: { addressPrefixes: [network] },
  });
  const subnet = new Subnet("servers", {
    resourceGroupName,
    virtualNetworkName: net.name,
    addressPrefix: "127.0.4.0/26",
  });
  const nsg = new NetworkSecurityGroup("nsg", inGroup);
  void new SecurityRule("https", {
    resourceGroupName,
    networkSecurityGroupName: nsg.name,
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    priority,
    sourceAddressPrefixes: ["127.0.0.80/31"],
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "8443",
  });
  const address = new PublicIPAddress("address", {
    ...inGroup,
    publicIpAddressName: "lb-ip",
    sku: { name: "Standard" },
    publicIPAllocationMethod: "Static",
  });
  const nic = new NetworkInterface("nic", {
    ...inGroup,
    networkSecurityGroup: { id: nsg.id },
    ipConfigurations: [
      {
        name: "main",
        privateIPAllocationMethod: "Static",
        privateIPAddress: "127.0.4.11",
        subnet: { id: subnet.id },
        publicIPAddress: { id: address.id },
      },
    ],
  });
  const identity = new UserAssignedIdentity("identity", { ...inGroup, resourceName: "load-balancers" });
  const machine = new VirtualMachine("machine", {
    ...inGroup,
    vmName: "load-balancer-main",
    hardwareProfile: { vmSize: "Standard_B2s" },
    identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
    networkProfile: { networkInterfaces: [{ id: nic.id, primary: true, deleteOption: "Detach" }] },
    osProfile: {
      computerName: "load-balancer-main",
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
      osDisk: { name: "load-balancer-main", createOption: "FromImage", deleteOption: "Delete" },
    },
  });
  return { machine, address, identity };
}

function declareStores(inGroup: InGroup, queue: string) {
  const { resourceGroupName } = inGroup;
  const account = new StorageAccount("account", {
    ...inGroup,
    accountName: "saasstore1",
    kind: "StorageV2",
    sku: { name: "Standard_GRS" },
    enableHttpsTrafficOnly: true,
  });
  void new Queue("jobs", { resourceGroupName, accountName: account.name, queueName: queue });
  void new BlobServiceProperties("blobs", {
    resourceGroupName,
    accountName: account.name,
    isVersioningEnabled: true,
  });
  const server = new Server("server", {
    ...inGroup,
    serverName: "saas-sql-primary",
    version: "12.0",
    administrators: {
      azureADOnlyAuthentication: true,
      login: "admins",
      sid: "00000000-0000-0000-0000-000000000001",
      tenantId: "00000000-0000-0000-0000-000000000000",
      administratorType: "ActiveDirectory",
      principalType: "Group",
    },
  });
  const database = new Database("saas", {
    ...inGroup,
    serverName: server.name,
    databaseName: "saas",
    sku: { name: "S0", tier: "Standard" },
  });
  void new BackupShortTermRetentionPolicy("backups", {
    resourceGroupName,
    serverName: server.name,
    databaseName: database.name,
    policyName: "default",
    retentionDays: 14,
  });
  return { url: account.primaryEndpoints.queue, database: database.status };
}

/** The store, who may read and write in it, and what the hosts pull. */
function declareSettings(inGroup: InGroup, identity: UserAssignedIdentity, setting: string): void {
  const { resourceGroupName } = inGroup;
  const store = new ConfigurationStore("store", {
    ...inGroup,
    configStoreName: "plant-settings",
    sku: { name: "Standard" },
    dataPlaneProxy: { authenticationMode: "Pass-through" },
  });
  const assign = (name: string, principalId: Input<string>, role: string) =>
    new RoleAssignment(name, {
      principalId,
      principalType: "ServicePrincipal",
      roleDefinitionId: `/subscriptions/${nobody}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      scope: store.id,
    });
  void assign("reader", identity.principalId, dataReader);
  const writer = assign("writer", deployer, dataOwner);
  const value = { contentType: "application/json", value: setting };
  void new KeyValue(
    "setting",
    { resourceGroupName, configStoreName: store.name, keyValueName: "failover", ...value },
    { dependsOn: writer },
  );
}
