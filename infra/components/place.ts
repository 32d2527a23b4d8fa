import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import type { Input } from "@pulumi/pulumi";

/** Where a resource is; spread into the arguments of each one, so that no location is ever guessed. */
export interface Place {
  resourceGroupName: Input<string>;
  /** Azure's short name: `westeurope`. */
  location: string;
  tags: Record<string, string>;
}

/**
 * A resource group and the place it makes. Each region has its own: Azure sends every write of a group
 * through the group's region, so one group for both would die with the first.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/overview#resource-group-location-alignment
 */
export function openPlace(
  name: string,
  { resourceGroupName, location, tags }: Place & { resourceGroupName: string },
): Place {
  // Whoever deletes a group deletes the databases in it.
  const group = new ResourceGroup(name, { resourceGroupName, location, tags }, { protect: true });
  return { resourceGroupName: group.name, location, tags };
}
