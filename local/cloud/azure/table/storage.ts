import type { ResourceType } from "./row.ts";

const common = {
  apiVersion: "2024-01-01",
  scope: "resourceGroup",
  actions: [],
  dataPlane: null,
} as const;

const inAccount = ["accountName", "resourceGroupName"];
const inlineName = { pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/, minLength: 3, maxLength: 63 };

export const storageTypes: readonly ResourceType[] = [
  {
    ...common,
    token: "azure-native:storage:StorageAccount",
    type: "Microsoft.Storage/storageAccounts",
    names: ["accountName"],
    envelope: ["location", "tags", "sku", "kind", "identity", "extendedLocation"],
    renamed: {
      enableHttpsTrafficOnly: "supportsHttpsTrafficOnly",
      enableNfsV3: "isNfsV3Enabled",
      networkRuleSet: "networkAcls",
      "networkRuleSet.ipRules[].iPAddressOrRange": "value",
      "networkRuleSet.virtualNetworkRules[].virtualNetworkResourceId": "id",
    },
    required: ["kind", "location", "resourceGroupName", "sku"],
    createOnly: ["isHnsEnabled", "location"],
    immutable: ["properties.isHnsEnabled"],
    autoname: "random",
    nameRule: { pattern: /^[a-z0-9]+$/, minLength: 3, maxLength: 24, global: true },
    longRunning: { put: true, delete: false },
    actions: ["listKeys"],
    dataPlane: "Azurite",
  },
  {
    ...common,
    token: "azure-native:storage:Queue",
    type: "Microsoft.Storage/storageAccounts/queueServices/queues",
    names: ["accountName", "queueName"],
    fixed: { queueServices: "default" },
    envelope: [],
    required: inAccount,
    createOnly: [],
    autoname: "copy",
    nameRule: inlineName,
    longRunning: { put: false, delete: false },
    dataPlane: "Azurite",
  },
  {
    ...common,
    token: "azure-native:storage:BlobContainer",
    type: "Microsoft.Storage/storageAccounts/blobServices/containers",
    names: ["accountName", "containerName"],
    fixed: { blobServices: "default" },
    envelope: [],
    required: inAccount,
    createOnly: [],
    autoname: "copy",
    nameRule: inlineName,
    longRunning: { put: false, delete: false },
    dataPlane: "Azurite",
  },
  {
    ...common,
    token: "azure-native:storage:BlobServiceProperties",
    type: "Microsoft.Storage/storageAccounts/blobServices",
    names: ["accountName", "blobServicesName"],
    singleton: "default",
    envelope: [],
    required: inAccount,
    createOnly: [],
    autoname: "copy",
    nameRule: inlineName,
    longRunning: { put: false, delete: false },
  },
];
