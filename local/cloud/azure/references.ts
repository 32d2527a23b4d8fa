import { ArmError } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import { isObject, valuesAt, type Json } from "./document.ts";
import { plainRegion } from "./regions.ts";
import { regionOf, type Resource } from "./resource.ts";
import type { ResourceStore } from "./resource-store.ts";

/** Where bodies name other resources, by type. A path that ends in `{}` names them by its keys. */
const referencePaths: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.Network/virtualNetworks/subnets": [
    "properties.networkSecurityGroup.id",
    "properties.natGateway.id",
  ],
  "Microsoft.Network/natGateways": ["properties.publicIpAddresses[].id"],
  "Microsoft.Network/networkInterfaces": [
    "properties.networkSecurityGroup.id",
    "properties.ipConfigurations[].properties.subnet.id",
    "properties.ipConfigurations[].properties.publicIPAddress.id",
  ],
  "Microsoft.Compute/virtualMachines": [
    "properties.networkProfile.networkInterfaces[].id",
    "identity.userAssignedIdentities{}",
  ],
  "Microsoft.Compute/virtualMachineScaleSets": [
    "properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations[].properties.networkSecurityGroup.id",
    "properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations[].properties.ipConfigurations[].properties.subnet.id",
    "identity.userAssignedIdentities{}",
  ],
  "Microsoft.Sql/servers/virtualNetworkRules": ["properties.virtualNetworkSubnetId"],
  "Microsoft.Insights/autoscaleSettings": ["properties.targetResourceUri"],
};

/** In these cases both ends may be in different regions. */
const anywhere = new Set([
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  "Microsoft.Compute/virtualMachineScaleSets",
]);

function referencesOf(type: string, document: Json): string[] {
  const found = (referencePaths[type] ?? []).flatMap((path) => {
    if (!path.endsWith("{}")) return valuesAt(document, path);
    return valuesAt(document, path.slice(0, -2)).flatMap((value) =>
      isObject(value) ? Object.keys(value) : [],
    );
  });
  return found.filter((id) => typeof id === "string");
}

/**
 * Everything the body names must exist, in the same region.
 * @throws ArmError 400 InvalidResourceReference, as Microsoft.Network words it.
 */
export function checkReferences(
  { id, row, document }: { id: string; row: Resource["row"]; document: Json },
  { store }: Cloud,
): void {
  const region = typeof document.location === "string" ? plainRegion(document.location) : undefined;
  for (const reference of referencesOf(row.type, document)) {
    const target = store.get(reference);
    const place = target && placeOf(target, store);
    const apart = region !== undefined && place !== undefined && place !== region;
    if (target && target.state !== "Deleting" && (!apart || anywhere.has(target.row.type))) continue;
    throw new ArmError(
      400,
      "InvalidResourceReference",
      `Resource ${reference} referenced by resource ${id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    );
  }
}

function placeOf(resource: Resource, store: ResourceStore): string | undefined {
  const parent = resource.parentKey ? store.get(resource.parentKey) : undefined;
  return regionOf(resource) ?? (parent && regionOf(parent));
}

/** Resources whose bodies name this one. */
export function referrersOf(key: string, store: ResourceStore): Resource[] {
  return store
    .all()
    .filter(({ row, document }) => referencesOf(row.type, document).some((id) => id.toLowerCase() === key));
}

/** What a resource in use answers to DELETE, by its type: code, and what to say of it. */
// That of NAT gateways is assumed.
const inUse: Readonly<Record<string, readonly [code: string, words: string]>> = {
  "Microsoft.Network/virtualNetworks/subnets": ["InUseSubnetCannotBeDeleted", "Subnet"],
  "Microsoft.Network/networkSecurityGroups": [
    "InUseNetworkSecurityGroupCannotBeDeleted",
    "Network security group",
  ],
  "Microsoft.Network/publicIPAddresses": ["PublicIPAddressCannotBeDeleted", "Public IP address"],
  "Microsoft.Network/networkInterfaces": ["NicInUse", "Network Interface"],
  "Microsoft.Network/natGateways": ["InUseNatGatewayCannotBeDeleted", "NAT gateway"],
};

/** @throws ArmError 400 while another resource outside `leaving` uses it. */
export function checkUnused(resource: Resource, store: ResourceStore): void {
  const known = inUse[resource.row.type];
  if (!known) return;
  const [user] = referrersOf(resource.key, store);
  if (!user) return;
  const [code, words] = known;
  throw new ArmError(400, code, `${words} ${resource.id} is in use by ${user.id} and cannot be deleted.`);
}
