import type { ScenarioName } from "./scenarios.ts";

/**
 * What the plan's own words come to, from published figures alone. Nothing of it is drilled; it stands beside the
 * scenario that shows what was added to the plan.
 */
export interface AsWritten {
  beside: ScenarioName;
  what: string;
  rtoSeconds: number;
  rpoSeconds: number;
  source: string;
}

const hour = 3600;

export const asWritten: readonly AsWritten[] = [
  {
    beside: "database-server-lost",
    what: "as the plan is written: geo-restore of a backup",
    rtoSeconds: 12 * hour,
    rpoSeconds: hour,
    source:
      "RTO 12 h, RPO 1 h of a geo-restore: learn.microsoft.com/azure/azure-sql/database/business-continuity-high-availability-disaster-recover-hadr-overview, read 2026-11",
  },
];
