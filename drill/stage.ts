import type { Workspace } from "../engine/pulumi.ts";
import type { JournalEntry, Written } from "../watch/journal.ts";
import type { Probes } from "../watch/probes.ts";
import type { Workload } from "../watch/workload.ts";
import type { BreakablePlant, Side } from "./faults/fault.ts";
import type { Rule } from "./outage.ts";

/** A request that changed something at a cloud's API. */
export interface ApiRequest {
  what: Written;
  method: string;
  path: string;
  status: number;
  /** Monotonic milliseconds at which it was answered, and how long that took. */
  answeredMs: number;
  durationMs: number;
}

/** The plant as a drill uses it. */
export interface DrillPlant extends Omit<BreakablePlant, "surge"> {
  /** Name clients use. */
  clientName: string;
  /** Empties the clients' cache of a name and asks for it again. @returns the TTL of the new answer, in seconds */
  refill(name: string): Promise<number>;
  /** Names of the storage accounts that hold jobs, by region. */
  storageAccounts: Readonly<Record<Side, string>>;
  /** Requests that change something, answered since then, oldest first. */
  writesSince(monotonicMs: number): Promise<ApiRequest[]>;
}

/** How long things are given. A rehearsal shortens TTLs and how long hosts follow old settings, nothing else. */
export interface Timing {
  rule: Rule;
  /** TTLs that the zone writer hands out are divided by this; 1 in real time. */
  ttlDivisor: number;
  /** How often hosts read their settings, in seconds. */
  refreshSeconds: number;
}

export const rehearsal: Timing = {
  rule: { periodMs: 50, sustainMs: 5000 },
  ttlDivisor: 30,
  refreshSeconds: 1,
};
export const realTime: Timing = {
  rule: { periodMs: 50, sustainMs: 30_000 },
  ttlDivisor: 1,
  refreshSeconds: 10,
};

/** A switch that takes longer than this has failed. */
export const switchDeadlineSeconds = 120;

/** Everything that the scenarios of one drill share. */
export interface Stage {
  plant: DrillPlant;
  workspace: Workspace;
  /** Clients that know nothing yet: no connection and no answer is carried over from another run. */
  startProbes: () => Probes;
  /** Clients that write and give jobs, for the scenarios in which data can be lost. */
  startWorkload: () => Workload;
  timing: Timing;
  /** Folder that the journals go to. */
  evidence: string;
  signal: AbortSignal;
  /** Told of each journal entry as it happens. */
  follow: (entry: JournalEntry) => void;
}
