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
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

/** Scenarios of the plan that have nothing to break yet, and the part that brings it. */
export const notYetDrilled: Readonly<Record<string, string>> = {
  "database-corrupted": "its data plane comes with the data part (PostgreSQL behind Resource Manager)",
  "database-server-lost": "its data plane comes with the data part (PostgreSQL behind Resource Manager)",
  "storage-region-down": "its data plane comes with the data part (a storage server in each region)",
  "workers-lost": "its data plane comes with the data part (queues and jobs)",
  "backlog-surge": "its data plane comes with the data part (queues and jobs)",
};
