import type { SystemName } from "../infra/systems.ts";
import type { DegradedName } from "../infra/topologies.ts";
import type { FaultName } from "./faults/index.ts";

/** Faults that break the plant, and the topology that is to bring clients back. */
export interface Scenario {
  /** Whose promise is judged. */
  system: SystemName;
  faults: readonly FaultName[];
  /** Null where nothing of ours has to act, or nothing of ours can. */
  topology: DegradedName | null;
  /** A switch that is tried although it is expected to be refused. */
  tries?: DegradedName;
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
  "api-main-down": {
    system: "API servers",
    faults: ["api-main-down"],
    topology: null,
    clock: "outage",
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
