import type { SystemName } from "../infra/systems.ts";
import type { FaultName } from "./faults/index.ts";

/** Faults that break the plant, and the topology that is to bring clients back. */
export interface Scenario {
  /** Whose promise is judged. */
  system: SystemName;
  faults: readonly FaultName[];
  /** A topology, or several joined by `+`; null where nothing of ours has to act, or nothing of ours can. */
  topology: string | null;
  /** A switch that is tried although it is expected to be refused. */
  tries?: string;
  /** From which moment the promise counts: the first failed request, or the decision to switch. */
  clock: "outage" | "declared";
  /** The engineer accepts what a forced promotion loses, once it is read. */
  acceptsLoss?: true;
  /** An earlier disaster that is recovered from, but not over, when the faults come. Its own promise is not judged. */
  during?: { faults: readonly FaultName[]; topology: string };
}

export const scenarios = {
  "edge-down": {
    system: "DNS & CloudFlare",
    faults: ["edge-down"],
    topology: "lb-direct",
    clock: "declared",
  },
  "edge-down-reset": {
    system: "DNS & CloudFlare",
    faults: ["edge-down-reset"],
    topology: "lb-direct",
    clock: "declared",
  },
  "cloudflare-down": {
    system: "DNS & CloudFlare",
    faults: ["edge-down", "cloudflare-api-down"],
    topology: null,
    tries: "lb-direct",
    clock: "declared",
  },
  "edge-and-load-balancer-main-down": {
    system: "DNS & CloudFlare",
    faults: ["edge-down", "load-balancer-main-down"],
    topology: "lb-backup-direct",
    clock: "declared",
  },
  "edge-and-api-main-down": {
    system: "DNS & CloudFlare",
    faults: ["edge-down", "api-main-down"],
    topology: "lb-direct",
    clock: "declared",
  },
  "edge-and-primary-control-plane-down": {
    system: "DNS & CloudFlare",
    faults: ["edge-down", "primary-control-plane-down"],
    topology: null,
    tries: "lb-direct",
    clock: "declared",
  },
  "edge-down-and-api-main-poisoned": {
    system: "DNS & CloudFlare",
    faults: ["edge-down", "api-main-poisoned"],
    topology: "lb-direct+api-backup-only",
    clock: "declared",
  },
  "load-balancer-down": {
    system: "Load balancer",
    faults: ["load-balancer-main-down"],
    topology: "lb-backup",
    clock: "declared",
  },
  "load-balancers-down": {
    system: "Load balancer",
    faults: ["load-balancer-main-down", "load-balancer-backup-down"],
    topology: "api-behind-edge",
    clock: "declared",
  },
  "load-balancers-and-edge-down": {
    system: "Load balancer",
    faults: ["load-balancer-main-down", "load-balancer-backup-down", "edge-down"],
    topology: "api-direct",
    clock: "declared",
  },
  "load-balancer-misconfigured": {
    system: "Load balancer",
    faults: ["load-balancer-misconfigured"],
    topology: "lb-backup",
    clock: "declared",
  },
  "load-balancers-misconfigured": {
    system: "Load balancer",
    faults: ["load-balancers-misconfigured"],
    topology: "api-behind-edge",
    clock: "declared",
  },
  "api-main-down": {
    system: "API servers",
    faults: ["api-main-down"],
    topology: null,
    clock: "outage",
  },
  "api-main-poisoned": {
    system: "API servers",
    faults: ["api-main-poisoned"],
    topology: "api-backup-only",
    clock: "declared",
  },
  "api-backup-poisoned": {
    system: "API servers",
    faults: ["api-backup-poisoned", "api-main-check-red"],
    topology: "api-main-only",
    clock: "declared",
  },
  "settings-store-down": {
    system: "API servers",
    faults: ["settings-store-down", "api-main-down"],
    topology: null,
    clock: "outage",
  },
  "primary-region-control-plane-down": {
    system: "API servers",
    faults: ["primary-control-plane-down", "api-main-poisoned"],
    topology: "api-backup-only",
    clock: "declared",
  },
  "database-server-lost": {
    system: "Database",
    faults: ["replica-behind", "database-server-lost"],
    topology: "database-secondary",
    acceptsLoss: true,
    clock: "declared",
  },
  "database-read-only": {
    system: "Database",
    faults: ["database-read-only"],
    topology: "database-secondary",
    clock: "declared",
  },
  "storage-region-down": {
    system: "Queues & Storage",
    faults: ["storage-primary-down"],
    topology: "storage-secondary",
    clock: "declared",
  },
  "workers-lost": {
    system: "Workers",
    faults: ["workers-lost"],
    topology: "workers-scaled",
    clock: "declared",
  },
  "backlog-surge": {
    system: "Workers",
    faults: ["backlog-surge"],
    topology: "workers-scaled",
    clock: "declared",
  },
  "edge-down-during-storage-secondary": {
    system: "DNS & CloudFlare",
    during: { faults: ["storage-primary-down"], topology: "storage-secondary" },
    faults: ["edge-down"],
    topology: "lb-direct+storage-secondary",
    clock: "declared",
  },
  "load-balancer-down-during-database-secondary": {
    system: "Load balancer",
    during: { faults: ["database-read-only"], topology: "database-secondary" },
    faults: ["load-balancer-main-down"],
    topology: "lb-backup+database-secondary",
    clock: "declared",
  },
  "api-main-down-during-workers-scaled": {
    system: "API servers",
    during: { faults: ["workers-lost"], topology: "workers-scaled" },
    faults: ["api-main-down"],
    topology: null,
    clock: "outage",
  },
  // The last one: the plant goes on with the restored database, which has no replica in the secondary region.
  "database-corrupted": {
    system: "Database",
    faults: ["database-corrupted"],
    topology: "database-restored",
    clock: "declared",
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
