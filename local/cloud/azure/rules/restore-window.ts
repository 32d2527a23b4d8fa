import type { Cloud } from "../cloud.ts";
import { logBackupSeconds } from "../durations.ts";
import type { Resource } from "../resource.ts";

const dayMs = 86_400_000;

/**
 * From when on a database can be restored: since its first backup, but no longer back than its policy keeps
 * backups. Undefined for a replica, which has none.
 */
export function earliestRestore(database: Resource, { store }: Cloud): Date | undefined {
  const { key, kept } = database;
  if (typeof kept.restorableFrom !== "string") return undefined;
  const policy = store.get(`${key}/backupshorttermretentionpolicies/default`);
  const days = Number(policy?.document.properties.retentionDays ?? 7);
  return new Date(Math.max(Date.parse(kept.restorableFrom), Date.now() - days * dayMs));
}

/** The last log backup. */
export function latestRestore({ durations }: Cloud): Date {
  return new Date(Date.now() - durations.shortened(logBackupSeconds));
}
