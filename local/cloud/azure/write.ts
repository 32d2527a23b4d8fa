import { armError, retrySoon } from "./arm-error.ts";
import type { Change, Cloud } from "./cloud.ts";
import { canonical, isObject, merged, valuesAt, type Document, type Json } from "./document.ts";
import { writeInline } from "./inline.ts";
import type { Reply } from "./listener.ts";
import { accepted } from "./long-running.ts";
import type { Operation, Work } from "./operations.ts";
import { checkName } from "./names.ts";
import { checkReferences } from "./references.ts";
import { checkRegion } from "./regions.ts";
import { regionOf, type Resource } from "./resource.ts";
import { rulesOf } from "./rules/table.ts";
import { singletonsOf, singletonUnder } from "./singletons.ts";
import { notFound, type Target } from "./target.ts";
import type { Caller } from "./tokens.ts";
import { view } from "./view.ts";

export interface Write {
  target: Target;
  body: Json;
  caller: Caller;
  /** The base of the URLs that clients poll. */
  base: string;
}

/** PUT: the whole resource. @throws ArmError, and nothing has changed. */
export function put(write: Write, cloud: Cloud): Promise<Reply> {
  const { target, body } = write;
  return carry(write, { document: documentOf(target, body), children: undefined }, cloud);
}

/** Types that have no PATCH, and namespaces where it takes tags only. */
const withoutPatch =
  /subnets$|securityRules$|roleAssignments$|[rR]ules$|keyValues$|Policies$|queues$|containers$/;
const tagsOnly = /^Microsoft\.(Network|ManagedIdentity|Resources)\//;

/** PATCH: tags, and what the type lets a client change in part. */
export async function patch(write: Write, cloud: Cloud): Promise<Reply> {
  const { target, body } = write;
  const { row, old, id } = target;
  if (withoutPatch.test(row.type)) throw armError("methodNotAllowed", { method: "PATCH", path: id });
  if (!old) throw notFound(target);
  const allowed = tagsOnly.test(row.type) ? ["tags"] : [...row.envelope, "properties"];
  const parts = Object.fromEntries(Object.entries(body).filter(([key]) => allowed.includes(key)));
  const document = merged(structuredClone(old.document), parts) as Document;
  return carry(write, { document, children: "kept" }, cloud);
}

interface Draft {
  document: Document;
  children: "kept" | undefined;
}

async function carry(write: Write, { document, children }: Draft, cloud: Cloud): Promise<Reply> {
  const { target, caller, base } = write;
  const { row, old } = target;
  checkPlace(target, document, cloud);
  const change: Change = { ...target, document, kept: {}, caller, cloud };
  const resource = cloud.store.transaction(() => accept(change, { target, children }));
  const settled = { status: old ? 200 : 201, body: view(resource, cloud) };
  const work = workOf(change, { resource, places: placesOf(target, document) });
  if (row.longRunning.put) {
    const operation = cloud.operations.start(work);
    return accepted(operation, { settled, type: row.type, base, pollMs: cloud.durations.pollMs });
  }
  if (rulesOf(row.type).carryOut) await finishOrUndo(work, change);
  resource.state = "Succeeded";
  return { ...settled, body: view(resource, cloud) };
}

function workOf(change: Change, { resource, places }: { resource: Resource; places: string[] }): Work {
  const { row, old, cloud } = change;
  const rules = rulesOf(row.type);
  return {
    key: resource.key,
    namespace: row.type.split("/")[0] ?? "",
    regions: places,
    seconds: rules.seconds?.(change) ?? cloud.durations.secondsOf(row.type, old ? "update" : "create"),
    run: async () => rules.carryOut?.(resource, change),
    ended: (error) => {
      resource.state = error ? "Failed" : "Succeeded";
    },
  };
}

/** A call that is refused in the end leaves what was there before. */
async function finishOrUndo(work: Work, { old, key, cloud }: Change): Promise<void> {
  try {
    await cloud.operations.finish(work);
  } catch (error) {
    if (old) cloud.store.put(old);
    else cloud.store.remove(key);
    throw error;
  }
}

function accept(
  change: Change,
  { target, children }: { target: Target; children: "kept" | undefined },
): Resource {
  const { row, document, old, cloud, kept } = change;
  const rules = rulesOf(row.type);
  const inlined = rules.inline && document.properties[rules.inline.property];
  if (rules.inline) delete document.properties[rules.inline.property];
  checkName(change);
  checkReferences(change, cloud);
  rules.accept?.(change);
  checkImmutable(change);
  const resource: Resource = {
    row,
    id: change.id,
    name: change.name,
    key: change.key,
    parentKey: change.parent?.key ?? null,
    groupKey: target.group?.key ?? null,
    document,
    state: old ? "Updating" : "Creating",
    createdAt: old?.createdAt ?? new Date().toISOString(),
    kept,
  };
  cloud.store.put(resource);
  if (rules.inline && children !== "kept") writeInline(resource, inlined, change);
  if (!old) for (const child of singletonsOf(row)) cloud.store.put(singletonUnder(resource, child));
  return resource;
}

/** What a client sent, without what it may not decide. */
function documentOf({ row }: Target, body: Json): Document {
  const properties = isObject(body.properties) ? structuredClone(body.properties) : {};
  delete properties.provisioningState;
  const mine = row.envelope.filter((key) => !["id", "name", "type"].includes(key) && body[key] !== undefined);
  const envelope = structuredClone(Object.fromEntries(mine.map((key) => [key, body[key]])));
  if (row.envelope.includes("location")) envelope.location = checkRegion(body.location, row.type);
  return { ...envelope, properties };
}

function checkPlace(target: Target, document: Document, cloud: Cloud): void {
  const { row, old, group, name } = target;
  cloud.switches.checkRegions(placesOf(target, document));
  cloud.switches.checkRefusals(row.type, name);
  if (group?.state === "Deleting")
    throw armError("groupBeingDeleted", { name: group.name }).with(retrySoon(1000));
  const busy = busyOn(target, cloud);
  if (busy) throw armError("busy", { operation: busy.id }).with(retrySoon(cloud.durations.pollMs));
  const before = old && regionOf(old);
  if (before === undefined || before === document.location) return;
  const words = { name, location: String(document.location), old: before, group: group?.name ?? "" };
  throw armError(row.scope === "subscription" ? "groupLocation" : "resourceLocation", words);
}

/** A virtual network takes one write at a time, its subnets included; so does a security group with its rules. */
function busyOn({ key, row, parent }: Target, { operations }: Cloud): Operation | undefined {
  const isPart = /^Microsoft\.Network\/(virtualNetworks|networkSecurityGroups)/.test(row.type);
  const whole = isPart ? (parent?.key ?? key) : undefined;
  return operations.of(key) ?? (whole === undefined ? undefined : operations.below(whole));
}

/** ARM serves a group's resources through the group's own region, and the provider through the resource's. */
export function placesOf({ row, group, parent, old }: Target, document?: Document): string[] {
  // Role assignments are kept by a global service.
  if (row.scope === "any") return [];
  const own = typeof document?.location === "string" ? document.location : old && regionOf(old);
  return [own, parent && regionOf(parent), group && regionOf(group)].filter((region) => region !== undefined);
}

/** A value that is not sent is not changed. */
function checkImmutable({ row, old, document }: Change): void {
  if (!old) return;
  for (const property of row.immutable ?? []) {
    const now = valuesAt(document, property);
    if (now.length === 0 || canonical(now) === canonical(valuesAt(old.document, property))) continue;
    throw armError("immutable", { property: property.replace(/^properties\./, "") });
  }
}
