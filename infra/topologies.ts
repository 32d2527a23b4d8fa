import type { SystemName } from "./systems.ts";

/** The independent switches of the plant. A topology is one value for each of them. */
export interface Axes {
  edge: "proxied" | "dns-only";
  origin: "load-balancer-main" | "load-balancer-backup" | "api-main" | "api-backup";
}

/** A degraded topology: only what differs from `normal`, whom it helps, and why it exists. */
export interface Degraded extends Partial<Axes> {
  recovers: SystemName;
  because: string;
}

export const normal: Axes = { edge: "proxied", origin: "load-balancer-main" };

export const degraded = {
  "lb-direct": {
    recovers: "DNS & CloudFlare",
    because: "Clients reach the load balancer when Cloudflare's edge answers nothing.",
    edge: "dns-only",
    origin: "load-balancer-main",
  },
  "lb-backup-direct": {
    recovers: "DNS & CloudFlare",
    because: "The edge and the main load balancer are both gone; the backup one takes clients directly.",
    edge: "dns-only",
    origin: "load-balancer-backup",
  },
  "lb-backup": {
    recovers: "Load balancer",
    because: "The edge fetches from the backup load balancer; clients see no DNS change at all.",
    edge: "proxied",
    origin: "load-balancer-backup",
  },
  "api-behind-edge": {
    recovers: "Load balancer",
    because: "Both load balancers are gone; the edge fetches from the main API server.",
    edge: "proxied",
    origin: "api-main",
  },
  "api-direct": {
    recovers: "Load balancer",
    because: "Both load balancers and the edge are gone; clients reach the main API server directly.",
    edge: "dns-only",
    origin: "api-main",
  },
} as const satisfies Record<string, Degraded>;

export type DegradedName = keyof typeof degraded;
export type TopologyName = "normal" | DegradedName;

export const topologyNames = ["normal", ...Object.keys(degraded)] as TopologyName[];

/** Topologies of the plan that this version cannot serve yet, and the part that brings each. */
export const comesWith: Readonly<Record<string, string>> = {
  "bypass-open": "the Azure part (security rules)",
  "api-main-only": "the Azure part (settings store)",
  "api-backup-only": "the Azure part (settings store)",
  "database-restored": "the data part (database, storage, workers)",
  "database-secondary": "the data part (database, storage, workers)",
  "storage-secondary": "the data part (database, storage, workers)",
  "workers-scaled": "the data part (database, storage, workers)",
};
