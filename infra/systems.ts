/**
 * The rows of the company's disaster-recovery plan and what they promise, in the plan's own words.
 * Minutes are the plan's unit. A promise "5–10 min" is kept at or under its maximum.
 */
export interface Promised {
  minimumMinutes: number;
  maximumMinutes: number;
}

export interface System {
  /** What the plan says about recovering it. */
  plan: string;
  rto?: Promised;
  rpo?: Promised;
}

const minutes = (minimumMinutes: number, maximumMinutes: number): Promised => ({
  minimumMinutes,
  maximumMinutes,
});

export const systems = {
  "DNS & CloudFlare": {
    plan: "In case of any issues with the network the administrator should switch DNS records directly to load balancer.",
    rto: minutes(5, 10),
  },
  "Load balancer": {
    plan: "In case of issues with load balancer (invalid configuration or VM maintenance/corruption), the administrator should switch DNS records to backup server or directly to API server.",
    rto: minutes(5, 10),
  },
  Database: {
    plan: "In case of corruption the DB, we can restore it in any point of time for the last 7 days, additionally Azure guarantee geo-distributed storage for backup that allows us rely to azure infrastructure.",
    rto: minutes(5, 10),
    rpo: minutes(5, 10),
  },
  "API servers": {
    plan: "To guarantee the SLA we have configured backup server that can receive load in case of corruption of the main server.",
    rto: minutes(1, 5),
  },
  "Queues & Storage": {
    plan: "In case of unavailability the only thing we can do it try to switch to the storage in the different region.",
    rto: minutes(10, 20),
    rpo: minutes(10, 20),
  },
  Workers: {
    plan: "We can spawn the new servers in a few min depending on workload.",
    rto: minutes(10, 30),
  },
  Monitoring: {
    plan: "Time to diagnose: 5-30 min",
  },
} as const satisfies Record<string, System>;

export type SystemName = keyof typeof systems;
