/** What was read of Azure about each type that the stacks declare, November 2026, and what its types cannot say. */
export interface Note {
  /** Below learn.microsoft.com; null: nothing but the SDK's types, whose comments are those of Azure's specifications. */
  read: string | null;
  /** What was looked for there or cannot be known without a subscription. */
  beyond: string;
}

export const notes: Record<string, Note> = {
  "appconfiguration:ConfigurationStore": {
    read: "azure/azure-app-configuration/quickstart-deployment-overview",
    beyond: "Pass-through with local authentication off is what it recommends for data in deployments",
  },
  "appconfiguration:KeyValue": {
    read: "azure/azure-app-configuration/concept-enable-rbac",
    beyond: "needs the role App Configuration Data Owner, which takes up to 15 minutes to be known",
  },
  "authorization:RoleAssignment": {
    read: "azure/role-based-access-control/built-in-roles",
    beyond: "the five roles' ids; the deployer must be Owner or User Access Administrator",
  },
  "compute:VirtualMachine": {
    read: "rest/api/compute/virtual-machines/create-or-update",
    beyond:
      "customData's size, and that it is no place for secrets (below); quota and zones of a subscription",
  },
  "compute:VirtualMachineScaleSet": {
    read: "azure/virtual-machine-scale-sets/virtual-machine-scale-sets-orchestration-modes",
    beyond: "Uniform has a profile for all instances and metric-based autoscale; the prefix's length (below)",
  },
  "managedidentity:UserAssignedIdentity": { read: null, beyond: "how soon a new identity can be assigned" },
  "monitor:AutoscaleSetting": {
    read: "azure/azure-monitor/autoscale/autoscale-understanding-settings",
    beyond: "the document's own example has these properties for a scale set's Percentage CPU",
  },
  "network:NatGateway": {
    read: "azure/virtual-network/ip-services/default-outbound-access",
    beyond: "a subnet's gateway is one of the explicit ways out",
  },
  "network:NetworkInterface": {
    read: "azure/virtual-network/ip-services/private-ip-addresses",
    beyond: "the first four addresses of a subnet are Azure's",
  },
  "network:NetworkSecurityGroup": {
    read: "azure/virtual-network/network-security-groups-overview",
    beyond: "default rules let the virtual network in and nobody else",
  },
  "network:PublicIPAddress": {
    read: "azure/virtual-network/ip-services/public-ip-addresses",
    beyond: "Standard is always static and closed without a rule; named zones are not needed (below)",
  },
  "network:SecurityRule": {
    read: "azure/virtual-network/network-security-groups-overview",
    beyond:
      "priorities 100 to 4096; many ranges in a rule, but one service tag; destination is the private address",
  },
  "network:Subnet": {
    read: "azure/virtual-network/ip-services/default-outbound-access",
    beyond: "without default access machines need a gateway or an address of their own: each has one",
  },
  "network:VirtualNetwork": { read: null, beyond: "nothing that its types do not say" },
  "resources:ResourceGroup": {
    read: "azure/azure-resource-manager/management/overview",
    beyond: "the group's region carries the writes to what is in it",
  },
  "sql:BackupShortTermRetentionPolicy": {
    read: "azure/azure-sql/database/automated-backups-change-settings",
    beyond: "differential backups every 12 or 24 h; 1 to 35 days",
  },
  "sql:Database": {
    read: "azure/azure-sql/database/recovery-using-backups",
    beyond:
      "a restore is a new database on the same server; whether a region takes new databases of a subscription",
  },
  "sql:FailoverGroup": {
    read: "rest/api/sql/failover-groups/create-or-update",
    beyond: "partnerServers and readWriteEndpoint are required; how long the first copy takes",
  },
  "sql:FirewallRule": {
    read: "azure/azure-sql/database/vnet-service-endpoint-rule-overview",
    beyond: "the way for machines of another region, whose subnets a rule cannot name",
  },
  "sql:Server": {
    read: "azure/azure-sql/database/authentication-azure-ad-only-authentication",
    beyond: "Entra-only needs an administrator and no password; sid of a group is its object id",
  },
  "sql:VirtualNetworkRule": {
    read: "azure/azure-sql/database/vnet-service-endpoint-rule-overview",
    beyond: "the subnet needs the endpoint Microsoft.Sql and the server's own region",
  },
  "storage:BlobContainer": { read: null, beyond: "nothing that its types do not say" },
  "storage:BlobServiceProperties": { read: null, beyond: "nothing that its types do not say" },
  "storage:Queue": {
    read: null,
    beyond: "that it can be made through Resource Manager without a shared key",
  },
  "storage:StorageAccount": {
    read: "rest/api/storagerp/storage-accounts/create",
    beyond: "without shared keys data requests need Entra ID; roles take up to 30 minutes to be known",
  },
};
