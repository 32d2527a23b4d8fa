import { ArmError, armError, retrySoon } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Reply } from "./listener.ts";
import { acceptedWithoutBody } from "./long-running.ts";
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
export function remove({ target, caller, base }: Removal, cloud: Cloud): Reply {
  const { row, old, key, id } = target;
  if (row.singleton !== undefined) throw armError("methodNotAllowed", { method: "DELETE", path: id });
  cloud.switches.checkRegions(placesOf(target));
  if (!old) return { status: 204 };
  const busy = cloud.operations.of(key);
  if (busy) throw armError("busy", { operation: busy.id }).with(retrySoon(cloud.durations.pollMs));
  rulesOf(row.type).removable?.({ resource: old, cloud, caller });
  checkUnused(old, cloud.store);
  if (!row.longRunning.delete) {
    dropAll([...cloud.store.below(key), old], cloud);
    return { status: 200 };
  }
  old.state = "Deleting";
  const operation = cloud.operations.start({
    key,
    namespace: row.type.split("/")[0] ?? "",
    regions: placesOf(target),
    seconds: cloud.durations.secondsOf(row.type, "delete"),
    run: () => clearAll(old, cloud),
    ended: (error) => {
      if (error) old.state = "Failed";
    },
  });
  return acceptedWithoutBody(operation, { type: row.type, base, pollMs: cloud.durations.pollMs });
}

/** Machines first: they hold the network that goes after them. */
async function clearAll(resource: Resource, cloud: Cloud): Promise<void> {
  const leaving = [...cloud.store.below(resource.key), resource];
  if (resource.row.scope === "subscription") checkOutside(leaving, cloud);
  const machinesFirst = leaving.toSorted((a, b) => orderOf(a) - orderOf(b));
  for (const each of machinesFirst) await rulesOf(each.row.type).clear?.(each, cloud);
  dropAll(leaving, cloud);
  await cloud.firewall.refresh();
}

function orderOf({ row }: Resource): number {
  return row.type.startsWith("Microsoft.Compute/") ? 0 : 1;
}

function dropAll(leaving: readonly Resource[], cloud: Cloud): void {
  for (const { key } of leaving) cloud.store.remove(key);
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
