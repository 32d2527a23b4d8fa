import { armError } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Resource } from "./resource.ts";
import type { ArmPath } from "./table/path.ts";
import type { ResourceType } from "./table/row.ts";
import { typeOfName } from "./table/table.ts";

export type TypedPath = ArmPath & { row: ResourceType };

/** The place a call is about: what must exist around it, and the id it has there. */
export interface Target {
  row: ResourceType;
  id: string;
  key: string;
  name: string;
  group: Resource | undefined;
  parent: Resource | undefined;
  old: Resource | undefined;
}

/** @throws ArmError 404 when the group, the parent or the scope does not exist. */
export function findTarget(path: TypedPath, cloud: Cloud): Target {
  const { row, names } = path;
  const name = names.at(-1) ?? "";
  const group = row.scope === "subscription" ? undefined : findGroup(path, cloud);
  const base = baseOf(path, { group, cloud });
  const id = row.scope === "subscription" ? `${base}/resourceGroups/${name}` : idUnder(base, path);
  const key = id.toLowerCase();
  const parent = findParent(row, key, cloud);
  const old = cloud.store.get(key);
  return { row, id: old?.id ?? id, key, name: old?.name ?? name, group, parent, old };
}

function idUnder(base: string, { row, names }: TypedPath): string {
  const [namespace, ...segments] = row.type.split("/");
  return `${base}/providers/${namespace}/${segments.map((segment, at) => `${segment}/${names[at]}`).join("/")}`;
}

export function findGroup({ resourceGroupName }: ArmPath, { store, settings }: Cloud): Resource | undefined {
  if (resourceGroupName === undefined) return undefined;
  const group = store.get(`/subscriptions/${settings.subscriptionId}/resourceGroups/${resourceGroupName}`);
  if (group) return group;
  throw armError("groupNotFound", { name: resourceGroupName });
}

function baseOf(path: TypedPath, { group, cloud }: { group: Resource | undefined; cloud: Cloud }): string {
  const subscription = `/subscriptions/${cloud.settings.subscriptionId}`;
  if (path.row.scope !== "any") return group?.id ?? subscription;
  const scope = cloud.store.get(path.scope);
  if (scope) return scope.id;
  if (path.scope.toLowerCase() === subscription) return subscription;
  throw armError("notFound", { type: "scope", name: path.scope, group: path.resourceGroupName ?? "" });
}

function findParent({ type, scope }: ResourceType, key: string, { store }: Cloud): Resource | undefined {
  if (scope === "any") return store.get(key.slice(0, key.lastIndexOf("/providers/")));
  const parts = key.split("/");
  for (let up = type.split("/").slice(0, -1); up.length > 1; up = up.slice(0, -1)) {
    parts.splice(-2);
    if (!typeOfName(up.join("/"))) continue;
    const parent = store.get(parts.join("/"));
    if (parent && parent.state !== "Deleting") return parent;
    throw armError("parentNotFound", { action: "write", type, parent: parts.slice(-2).join("/") });
  }
  return undefined;
}

export function notFound({ row, name, group }: Target): Error {
  if (row.scope === "subscription") return armError("groupNotFound", { name });
  return armError("notFound", { type: row.type, name, group: group?.name ?? "" });
}
