import type { ResourceType } from "./row.ts";

const common = {
  apiVersion: "2024-11-01",
  scope: "resourceGroup",
  required: ["location", "resourceGroupName"],
  /**
   * The marks of the specification for this version could not be read whole: by the plugin's published schema only
   * path parameters replace, and ARM refuses what `immutable` names.
   */
  createOnly: [],
  autoname: "random",
  longRunning: { put: true, delete: true },
} as const;

/** Linux; Windows has 15. */
const machineName = { pattern: /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/i, minLength: 1, maxLength: 64 };

/** Fields of network profiles that stand beside `properties`. */
const profileParts = (at: string) => ({
  [`${at}networkInterfaceConfigurations[]`]: ["name", "tags"],
  [`${at}networkInterfaceConfigurations[].ipConfigurations[]`]: ["name"],
  [`${at}networkInterfaceConfigurations[].ipConfigurations[].publicIPAddressConfiguration`]: [
    "name",
    "sku",
    "tags",
  ],
});

export const computeTypes: readonly ResourceType[] = [
  {
    ...common,
    token: "azure-native:compute:VirtualMachine",
    type: "Microsoft.Compute/virtualMachines",
    names: ["vmName"],
    envelope: ["location", "tags", "plan", "identity", "zones", "extendedLocation", "placement"],
    flattened: { "networkProfile.networkInterfaces[]": ["id"], ...profileParts("networkProfile.") },
    /** learn.microsoft.com/azure/virtual-machines/custom-data; pulumi-azure-native issues 577 and 1117. */
    immutable: [
      "zones",
      "properties.availabilitySet",
      "properties.osProfile.adminUsername",
      "properties.osProfile.computerName",
      "properties.osProfile.customData",
      "properties.osProfile.linuxConfiguration.ssh",
      "properties.storageProfile.imageReference",
      "properties.storageProfile.osDisk.name",
    ],
    nameRule: machineName,
    actions: ["powerOff", "start", "deallocate", "restart"],
    dataPlane: "processes started by customData",
  },
  {
    ...common,
    token: "azure-native:compute:VirtualMachineScaleSet",
    type: "Microsoft.Compute/virtualMachineScaleSets",
    names: ["vmScaleSetName"],
    envelope: ["location", "tags", "sku", "plan", "identity", "zones", "extendedLocation"],
    flattened: {
      ...profileParts("virtualMachineProfile.networkProfile."),
      "virtualMachineProfile.extensionProfile.extensions[]": ["name"],
    },
    immutable: [
      "zones",
      "properties.orchestrationMode",
      "properties.singlePlacementGroup",
      "properties.virtualMachineProfile.osProfile.adminUsername",
      "properties.virtualMachineProfile.osProfile.computerNamePrefix",
    ],
    nameRule: machineName,
    actions: ["powerOff", "start", "deallocate", "restart", "manualupgrade", "reimage", "delete"],
    dataPlane: "a group of machines started by customData",
  },
];
