import type { ResourceType } from "./row.ts";

const common = {
  apiVersion: "2023-08-01",
  scope: "resourceGroup",
  actions: [],
  dataPlane: null,
} as const;

const onServer = ["resourceGroupName", "serverName"];
const plainName = { pattern: /^[^<>*%&:\\/?]*[^<>*%&:\\/?. ]$/, minLength: 1, maxLength: 128 };
const hostName = { pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, minLength: 1, maxLength: 63 };

/** x-ms-mutability of Databases.json 2023-08-01; that `location` is among them comes from the shared TrackedResource. */
const databaseCreateOnly = [
  "catalogCollation",
  "collation",
  "createMode",
  "identity",
  "location",
  "longTermRetentionBackupResourceId",
  "recoverableDatabaseId",
  "restorableDroppedDatabaseId",
  "restorePointInTime",
  "sampleName",
  "sourceDatabaseDeletionDate",
  "sourceDatabaseId",
  "sourceResourceId",
];

export const sqlTypes: readonly ResourceType[] = [
  {
    ...common,
    token: "azure-native:sql:Server",
    type: "Microsoft.Sql/servers",
    names: ["serverName"],
    envelope: ["location", "tags", "identity"],
    required: ["location", "resourceGroupName"],
    createOnly: ["administratorLogin", "administrators", "location"],
    immutable: ["properties.administratorLogin"],
    autoname: "random",
    nameRule: { ...hostName, global: true },
    longRunning: { put: true, delete: true },
  },
  {
    ...common,
    token: "azure-native:sql:Database",
    type: "Microsoft.Sql/servers/databases",
    names: ["serverName", "databaseName"],
    envelope: ["location", "tags", "sku", "identity"],
    required: [...onServer, "location"],
    createOnly: databaseCreateOnly,
    immutable: ["properties.collation", "properties.catalogCollation"],
    autoname: "random",
    nameRule: plainName,
    longRunning: { put: true, delete: true },
  },
  {
    ...common,
    token: "azure-native:sql:FailoverGroup",
    type: "Microsoft.Sql/servers/failoverGroups",
    names: ["serverName", "failoverGroupName"],
    envelope: ["tags"],
    required: [...onServer, "partnerServers", "readWriteEndpoint"],
    createOnly: ["partnerServers"],
    autoname: "copy",
    nameRule: { ...hostName, global: true },
    longRunning: { put: true, delete: true },
    actions: ["failover", "forceFailoverAllowDataLoss"],
  },
  {
    ...common,
    token: "azure-native:sql:BackupShortTermRetentionPolicy",
    type: "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies",
    names: ["serverName", "databaseName", "policyName"],
    singleton: "default",
    envelope: [],
    required: [...onServer, "databaseName"],
    createOnly: [],
    autoname: "copy",
    nameRule: plainName,
    longRunning: { put: true, delete: false },
  },
  {
    ...common,
    token: "azure-native:sql:FirewallRule",
    type: "Microsoft.Sql/servers/firewallRules",
    names: ["serverName", "firewallRuleName"],
    envelope: ["name"],
    required: onServer,
    createOnly: [],
    autoname: "copy",
    nameRule: plainName,
    longRunning: { put: false, delete: false },
  },
  {
    ...common,
    token: "azure-native:sql:VirtualNetworkRule",
    type: "Microsoft.Sql/servers/virtualNetworkRules",
    names: ["serverName", "virtualNetworkRuleName"],
    envelope: [],
    required: [...onServer, "virtualNetworkSubnetId"],
    createOnly: [],
    autoname: "copy",
    nameRule: { pattern: /^[a-z][a-z0-9_-]*$/i, minLength: 1, maxLength: 64 },
    longRunning: { put: true, delete: true },
  },
];
