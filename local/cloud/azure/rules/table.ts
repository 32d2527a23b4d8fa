import type { Rules } from "../cloud.ts";
import { configurationStore, keyValue } from "./configuration.ts";
import { failoverGroup } from "./failover-group.ts";
import { roleAssignment, userAssignedIdentity } from "./identity.ts";
import { networkInterface, publicAddress } from "./network-interface.ts";
import { natGateway } from "./nat-gateway.ts";
import { scaleSet } from "./scale-set.ts";
import { securityGroup, securityRule } from "./security-group.ts";
import { sqlDatabase } from "./sql-database.ts";
import { shortTermRetention, sqlFirewallRule, sqlNetworkRule, sqlServer } from "./sql-server.ts";
import { blobContainer, blobService, queue, storageAccount } from "./storage.ts";
import { subnet, virtualNetwork } from "./virtual-network.ts";
import { virtualMachine } from "./virtual-machine.ts";

const rules: Readonly<Record<string, Rules>> = {
  "Microsoft.Network/virtualNetworks": virtualNetwork,
  "Microsoft.Network/virtualNetworks/subnets": subnet,
  "Microsoft.Network/networkSecurityGroups": securityGroup,
  "Microsoft.Network/networkSecurityGroups/securityRules": securityRule,
  "Microsoft.Network/natGateways": natGateway,
  "Microsoft.Network/publicIPAddresses": publicAddress,
  "Microsoft.Network/networkInterfaces": networkInterface,
  "Microsoft.Compute/virtualMachines": virtualMachine,
  "Microsoft.Compute/virtualMachineScaleSets": scaleSet,
  "Microsoft.Sql/servers": sqlServer,
  "Microsoft.Sql/servers/databases": sqlDatabase,
  "Microsoft.Sql/servers/failoverGroups": failoverGroup,
  "Microsoft.Sql/servers/firewallRules": sqlFirewallRule,
  "Microsoft.Sql/servers/virtualNetworkRules": sqlNetworkRule,
  "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies": shortTermRetention,
  "Microsoft.Storage/storageAccounts": storageAccount,
  "Microsoft.Storage/storageAccounts/blobServices": blobService,
  "Microsoft.Storage/storageAccounts/blobServices/containers": blobContainer,
  "Microsoft.Storage/storageAccounts/queueServices/queues": queue,
  "Microsoft.AppConfiguration/configurationStores": configurationStore,
  "Microsoft.AppConfiguration/configurationStores/keyValues": keyValue,
  "Microsoft.ManagedIdentity/userAssignedIdentities": userAssignedIdentity,
  "Microsoft.Authorization/roleAssignments": roleAssignment,
};

export function rulesOf(type: string): Rules {
  return rules[type] ?? {};
}
