import { armError } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import { textAt, type Json } from "./document.ts";
import type { Resource } from "./resource.ts";
import { rulesOf } from "./rules/table.ts";
import { instanceViewOf } from "./rules/virtual-machine.ts";
import { instanceOf, instancesOf, type Instance } from "./scale-set-instances.ts";
import type { ArmPath } from "./table/path.ts";
import type { ResourceType } from "./table/row.ts";
import { findGroup, findTarget, notFound, type TypedPath } from "./target.ts";
import type { Caller } from "./tokens.ts";
import { view } from "./view.ts";

export interface Reading {
  query: URLSearchParams;
  caller: Caller;
}

/** One resource. @throws ArmError 404. */
export async function read(path: TypedPath, { query, caller }: Reading, cloud: Cloud): Promise<Json> {
  const target = findTarget(path, cloud);
  const { old } = target;
  if (!old) throw notFound(target);
  const { readable, observe } = rulesOf(old.row.type);
  readable?.({ resource: old, cloud, caller });
  const seen = await observe?.(old, cloud);
  const body = view(old, cloud);
  Object.assign(body.properties as Json, seen);
  if (query.get("$expand") !== "instanceView" || old.row.type !== "Microsoft.Compute/virtualMachines")
    return body;
  return { ...body, properties: { ...(body.properties as Json), instanceView: instanceView(old) } };
}

/** A type's resources in a group, in the subscription, under a parent, or assigned at a scope. */
export function list(path: ArmPath & { row: ResourceType }, { query, caller }: Reading, cloud: Cloud): Json {
  const group = findGroup(path, cloud);
  const { row, names, segments, scope } = path;
  const below = segments > 1 ? findTarget({ ...path, names: [...names, "x"] }, cloud).parent?.key : undefined;
  const place = row.scope === "any" ? scope.toLowerCase() : undefined;
  const fits = (resource: Resource) =>
    (below === undefined || resource.parentKey === below) &&
    (group === undefined || row.scope === "any" || resource.groupKey === group.key) &&
    (place === undefined || resource.key.startsWith(`${place}/`)) &&
    fitsFilter(resource, query.get("$filter"));
  const found = cloud.store.ofType(row.type).filter(fits);
  for (const resource of found) rulesOf(row.type).readable?.({ resource, cloud, caller });
  return { value: found.map((resource) => view(resource, cloud)) };
}

/** `principalId eq '…'` of role assignments; atScope() is the same as none here. */
function fitsFilter({ document }: Resource, filter: string | null): boolean {
  const principal = /principalId eq '([^']+)'/i.exec(filter ?? "")?.[1];
  return (
    principal === undefined ||
    String(document.properties.principalId).toLowerCase() === principal.toLowerCase()
  );
}

/** Every tracked resource of a group or of the subscription. */
export function listResources(path: Pick<ArmPath, "resourceGroupName">, cloud: Cloud): Json {
  const group = findGroup(path as ArmPath, cloud);
  const tracked = cloud.store
    .all()
    .filter(
      ({ row, groupKey }) =>
        row.envelope.includes("location") &&
        row.scope === "resourceGroup" &&
        (!group || groupKey === group.key),
    );
  const value = tracked.map((resource) => {
    const { id, name, type, location, tags, sku, kind, identity } = view(resource, cloud);
    return { id, name, type, location, tags, sku, kind, identity };
  });
  return { value };
}

const machineReads =
  /^(?<resource>\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/(virtualMachines|virtualMachineScaleSets)\/[^/]+)(?<instances>\/virtualMachines(\/(?<instance>[^/]+))?)?(?<view>\/instanceView)?$/i;

/** Instance views, and the instances of a scale set: reads that no row of the table has. */
export function readMachine(path: string, cloud: Cloud): Json | undefined {
  const parts = machineReads.exec(path)?.groups;
  if (!parts || (!parts.instances && !parts.view)) return undefined;
  const resource = cloud.store.get(parts.resource ?? "");
  const isSet = resource?.row.type === "Microsoft.Compute/virtualMachineScaleSets";
  if (!resource) throw armError("notFound", { type: "machine", name: parts.resource ?? "", group: "" });
  if (!isSet) return parts.instances ? undefined : instanceView(resource);
  if (!parts.instances) return setView(resource);
  if (parts.instance === undefined)
    return { value: instancesOf(resource).map((each) => instanceOf(resource, each)) };
  const instance = instancesOf(resource).find(({ instanceId }) => instanceId === parts.instance);
  if (!instance) throw armError("notFound", { type: "instance", name: parts.instance, group: "" });
  return parts.view ? viewOfInstance(instance) : instanceOf(resource, instance);
}

function instanceView(resource: Resource): Json {
  const { state, kept, name, document } = resource;
  const computerName = textAt(document.properties, "osProfile", "computerName");
  return instanceViewOf({ state, kept, name: computerName ?? name });
}

function viewOfInstance({ state, power, computerName }: Instance): Json {
  return instanceViewOf({ state, kept: { power }, name: computerName });
}

function setView(resource: Resource): Json {
  const states = Map.groupBy(
    instancesOf(resource),
    ({ state }) => `ProvisioningState/${state.toLowerCase()}`,
  );
  const statusesSummary = [...states].map(([code, { length: count }]) => ({ code, count }));
  return {
    virtualMachine: { statusesSummary },
    statuses: [{ code: `ProvisioningState/${resource.state.toLowerCase()}` }],
  };
}
