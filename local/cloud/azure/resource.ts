import type { Document, Json } from "./document.ts";
import type { ResourceType } from "./table/row.ts";

export type ProvisioningState = "Creating" | "Updating" | "Deleting" | "Succeeded" | "Failed";

/** One resource as the local cloud keeps it. */
export interface Resource {
  row: ResourceType;
  /** In the case of its first PUT. */
  id: string;
  name: string;
  /** `id` in lower case. */
  key: string;
  parentKey: string | null;
  /** Key of its resource group; null for groups and for what is assigned above one. */
  groupKey: string | null;
  document: Document;
  state: ProvisioningState;
  createdAt: string;
  /** What the provider keeps and no client sent: allocated addresses, replication roles, a scale set's instances. */
  kept: Json;
}

/** A resource's own region, or undefined: children and role assignments have none. */
export function regionOf({ document }: Resource): string | undefined {
  return typeof document.location === "string" ? document.location : undefined;
}
