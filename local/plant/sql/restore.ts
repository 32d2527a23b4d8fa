import { existsSync, linkSync, readdirSync } from "node:fs";
import path from "node:path";
import { AzureRefusal } from "../azure-refusal.ts";
import { poll } from "../readiness.ts";
import type { Cluster } from "./cluster.ts";
import { takeName } from "./create.ts";

const archivedMs = 10_000;
const reachableMs = 2000;

/**
 * Fills an empty cluster with another one's state at a time, which goes on as it is. It gets that one's base backup and
 * archive, so that it can be restored to any time itself from the beginning.
 * @param at ISO 8601, UTC
 * @throws AzureRefusal when the time is outside of what can be restored
 */
export async function restore(cluster: Cluster, source: Cluster, at: string): Promise<void> {
  await source.backedUp();
  assertRestorable(source, at);
  await archiveAll(source);
  for (const name of readdirSync(source.archive).filter((each) => !each.startsWith("."))) {
    linkSync(path.join(source.archive, name), path.join(cluster.archive, name));
  }
  await cluster.copy(source.base, cluster.base, "links");
  await cluster.copy(cluster.base, cluster.data);
  cluster.restorableSince = source.restorableSince;
  await cluster.start({ kind: "restore", to: inPostgresWords(at) });
  await takeName(cluster);
}

function assertRestorable({ restorableSince, database }: Cluster, at: string): void {
  const [atMs, sinceMs] = [Date.parse(at), restorableSince?.getTime() ?? Infinity];
  if (atMs >= sinceMs && atMs <= Date.now()) return;
  const window = restorableSince
    ? `between ${restorableSince.toISOString()} and now`
    : "as soon as it is backed up";
  throw new AzureRefusal(
    "InvalidPointInTime",
    `'${database}' can be restored to a time ${window}, not to ${at}.`,
  );
}

/**
 * Everything that is committed by now is in the archive then. It commits something itself: PostgreSQL knows that it has
 * reached a time only by a commit after it.
 */
async function archiveAll(source: Cluster): Promise<void> {
  const limit = { limitMs: reachableMs };
  await source.ask("select pg_current_xact_id()", [], limit);
  // Of the position behind the commit, which is not flushed by then.
  const [row] = await source.ask("select pg_walfile_name(pg_switch_wal()) as file", [], limit);
  const file = String(row?.["file"]);
  await poll({
    deadlineMs: archivedMs,
    until: () => existsSync(path.join(source.archive, file)) || `${file} is not archived`,
  });
}

// PostgreSQL does not read the T, nor the Z.
function inPostgresWords(at: string): string {
  return at.replace("T", " ").replace(/Z$/, "+00");
}
