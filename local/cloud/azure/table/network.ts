import type { NameRule, ResourceType } from "./row.ts";

/** learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftnetwork */
const networkName = (maxLength: number, minLength = 1): NameRule => ({
  pattern: /^[a-z0-9]([a-z0-9._-]*[a-z0-9_])?$/i,
  minLength,
  maxLength,
});

const common = {
  apiVersion: "2024-05-01",
  scope: "resourceGroup",
  longRunning: { put: true, delete: true },
  actions: [],
} as const;

const tracked = ["id", "location", "tags"];
const child = ["id", "name", "type"];
const publicAddress = ["id", "extendedLocation", "location", "sku", "tags", "zones"];

const subnetParts = (at: string) => ({
  [`${at}delegations[]`]: child,
  [`${at}networkSecurityGroup`]: tracked,
  [`${at}networkSecurityGroup.securityRules[]`]: child,
  [`${at}routeTable`]: tracked,
  [`${at}serviceEndpointPolicies[]`]: tracked,
});

const ruleParts = (at: string) => ({
  [`${at}sourceApplicationSecurityGroups[]`]: tracked,
  [`${at}destinationApplicationSecurityGroups[]`]: tracked,
});

export const networkTypes: readonly ResourceType[] = [
  {
    ...common,
    token: "azure-native:network:VirtualNetwork",
    type: "Microsoft.Network/virtualNetworks",
    names: ["virtualNetworkName"],
    envelope: [...tracked, "extendedLocation"],
    flattened: { "subnets[]": child, ...subnetParts("subnets[]."), "virtualNetworkPeerings[]": child },
    required: ["resourceGroupName"],
    createOnly: ["location"],
    maintained: ["subnets", "virtualNetworkPeerings"],
    autoname: "random",
    nameRule: networkName(64, 2),
    dataPlane: "the plant's block of loopback addresses",
  },
  {
    ...common,
    token: "azure-native:network:Subnet",
    type: "Microsoft.Network/virtualNetworks/subnets",
    names: ["virtualNetworkName", "subnetName"],
    envelope: child,
    flattened: subnetParts(""),
    required: ["resourceGroupName", "virtualNetworkName"],
    createOnly: [],
    autoname: "copy",
    nameRule: networkName(80),
    dataPlane: "a range of the plant's loopback addresses",
  },
  {
    ...common,
    token: "azure-native:network:NetworkSecurityGroup",
    type: "Microsoft.Network/networkSecurityGroups",
    names: ["networkSecurityGroupName"],
    envelope: tracked,
    flattened: { "securityRules[]": child, ...ruleParts("securityRules[].") },
    required: ["resourceGroupName"],
    createOnly: [],
    maintained: ["securityRules"],
    autoname: "random",
    nameRule: networkName(80),
    dataPlane: "inbound rules at the door of each machine",
  },
  {
    ...common,
    token: "azure-native:network:SecurityRule",
    type: "Microsoft.Network/networkSecurityGroups/securityRules",
    names: ["networkSecurityGroupName", "securityRuleName"],
    envelope: child,
    flattened: ruleParts(""),
    required: [
      "access",
      "direction",
      "networkSecurityGroupName",
      "priority",
      "protocol",
      "resourceGroupName",
    ],
    createOnly: [],
    autoname: "copy",
    nameRule: networkName(80),
    dataPlane: "an inbound rule at the door of each machine",
  },
  {
    ...common,
    token: "azure-native:network:NatGateway",
    type: "Microsoft.Network/natGateways",
    names: ["natGatewayName"],
    envelope: ["id", "location", "sku", "tags", "zones"],
    required: ["resourceGroupName"],
    createOnly: [],
    immutable: ["sku", "zones"],
    autoname: "random",
    nameRule: networkName(80),
    dataPlane: null,
  },
  {
    ...common,
    token: "azure-native:network:PublicIPAddress",
    type: "Microsoft.Network/publicIPAddresses",
    names: ["publicIpAddressName"],
    envelope: publicAddress,
    flattened: {
      natGateway: ["id", "location", "sku", "tags", "zones"],
      linkedPublicIPAddress: publicAddress,
      servicePublicIPAddress: publicAddress,
    },
    required: ["resourceGroupName"],
    createOnly: ["location", "publicIPAddressVersion", "publicIPPrefix", "sku"],
    immutable: ["zones", "properties.publicIPAddressVersion", "sku"],
    autoname: "random",
    nameRule: networkName(80),
    dataPlane: "a loopback address",
  },
  {
    ...common,
    token: "azure-native:network:NetworkInterface",
    type: "Microsoft.Network/networkInterfaces",
    names: ["networkInterfaceName"],
    envelope: [...tracked, "extendedLocation"],
    flattened: {
      "ipConfigurations[]": child,
      "ipConfigurations[].subnet": child,
      "ipConfigurations[].publicIPAddress": publicAddress,
      "ipConfigurations[].applicationSecurityGroups[]": tracked,
      networkSecurityGroup: tracked,
      "networkSecurityGroup.securityRules[]": child,
    },
    required: ["resourceGroupName"],
    createOnly: [],
    autoname: "random",
    nameRule: networkName(80),
    dataPlane: "the door of a machine",
  },
];
