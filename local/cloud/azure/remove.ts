import { ArmError, armError, retrySoon } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Reply } from "./listener.ts";
import { acceptedWithoutBody } from "./long-running.ts";
import type { Work } from "./operations.ts";
import { checkUnused, referrersOf } from "./references.ts";
import type { Resource } from "./resource.ts";
import { rulesOf } from "./rules/table.ts";
import type { Target } from "./target.ts";
import type { Caller } from "./tokens.ts";
import { placesOf } from "./write.ts";

export interface Removal {
  target: Target;
  caller: Caller;
  base: string;
}

/** DELETE: 204 when there is nothing, 200 at once, or 202 and an operation. */
export async function remove({ target, caller, base }: Removal, cloud: Cloud): Promise<Reply> {
  const { row, old, key, id } = target;
  if (row.singleton !== undefined) throw armError("methodNotAllowed", { method: "DELETE", path: id });
  cloud.switches.checkRegions(placesOf(target));
  if (!old) return { status: 204 };
  const busy = cloud.operations.of(key);
  if (busy) throw armError("busy", { operation: busy.id }).with(retrySoon(cloud.durations.pollMs));
  rulesOf(row.type).removable?.({ resource: old, cloud, caller });
  checkUnused(old, cloud.store);
  old.state = "Deleting";
  const work = workOf(old, { regions: placesOf(target), cloud });
  if (!row.longRunning.delete) {
    await cloud.operations.finish({ ...work, seconds: 0 });
    return { status: 200 };
  }
  const operation = cloud.operations.start(work);
  return acceptedWithoutBody(operation, { type: row.type, base, pollMs: cloud.durations.pollMs });
}

function workOf(resource: Resource, { regions, cloud }: { regions: string[]; cloud: Cloud }): Work {
  const { key, row } = resource;
  return {
    key,
    namespace: row.type.split("/")[0] ?? "",
    regions,
    seconds: cloud.durations.secondsOf(row.type, "delete"),
    run: () => clearAll(resource, cloud),
    ended: (error) => {
      if (error) resource.state = "Failed";
    },
  };
}

/**
 * Machines first: they hold the network that goes after them. Then failover groups, which hold databases; then
 * everything from the inside out, a database before its server. What is gone stays gone when a later one fails.
 */
async function clearAll(resource: Resource, cloud: Cloud): Promise<void> {
  const leaving = [...cloud.store.below(resource.key), resource];
  if (resource.row.scope === "subscription") checkOutside(leaving, cloud);
  for (const each of leaving.toSorted((a, b) => orderOf(a) - orderOf(b))) {
    await rulesOf(each.row.type).clear?.(each, cloud);
    cloud.store.remove(each.key);
  }
  await cloud.firewall.refresh();
}

const first = [/^Microsoft\.Compute\//, /\/failoverGroups$/];

/** `below` has the deepest first, and sorting keeps equals as they are. */
function orderOf({ row }: Resource): number {
  const place = first.findIndex((type) => type.test(row.type));
  return place === -1 ? first.length : place;
}

function checkOutside(leaving: readonly Resource[], { store }: Cloud): void {
  const keys = new Set(leaving.map(({ key }) => key));
  for (const { key, id } of leaving) {
    const user = referrersOf(key, store).find((each) => !keys.has(each.key));
    if (!user || !/\/providers\/microsoft\.network\//.test(key)) continue;
    throw new ArmError(
      409,
      "ResourceGroupDeletionBlocked",
      `Deletion of resource group failed as resources with identifiers '${id}' could not be deleted: it is in use by ${user.id}.`,
    );
  }
}
