import type { SystemName } from "./systems.ts";

/** The independent switches of the plant. A topology is one value for each of them. */
export interface Axes {
  edge: "proxied" | "dns-only";
  origin: "load-balancer-main" | "load-balancer-backup" | "api-main" | "api-backup";
  /** Whether the security group lets the whole Internet reach the servers, or the edge alone. */
  bypass: "closed" | "open";
  /** The API servers that load balancers may send clients to. */
  api: "both" | "main" | "backup";
  /** `restored` is the newest entry of `restores`, `secondary` the geo-replica after its promotion. */
  database: "live" | "restored" | "secondary";
  storage: "primary" | "secondary";
  /** Size of the secondary region's pool; configuration has the counts. */
  workers: "at-rest" | "scaled";
}

/**
 * Seconds for which a client keeps the answer for the name it uses: Cloudflare answers with 300 for a proxied
 * record; 60 is the least a DNS-only one may have below the Enterprise plan.
 * https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/ (read 2026-11)
 */
export const clientTtlSeconds: Readonly<Record<Axes["edge"], number>> = { proxied: 300, "dns-only": 60 };

/** A degraded topology: only what differs from `normal`, whom it helps, and why it exists. */
export interface Degraded extends Partial<Axes> {
  recovers: SystemName;
  because: string;
}

export const normal: Axes = {
  edge: "proxied",
  origin: "load-balancer-main",
  bypass: "closed",
  api: "both",
  database: "live",
  storage: "primary",
  workers: "at-rest",
};

export const degraded = {
  // It sets nothing else, so that what is still broken can stay in the name: bypass-open+lb-backup.
  "bypass-open": {
    recovers: "DNS & CloudFlare",
    because: "The way back from dns-only: clients whose resolvers still hold the old answer are let in.",
    bypass: "open",
  },
  "lb-direct": {
    recovers: "DNS & CloudFlare",
    because: "Clients reach the load balancer when Cloudflare's edge answers nothing.",
    edge: "dns-only",
    origin: "load-balancer-main",
    bypass: "open",
  },
  "lb-backup-direct": {
    recovers: "DNS & CloudFlare",
    because: "The edge and the main load balancer are both gone; the backup one takes clients directly.",
    edge: "dns-only",
    origin: "load-balancer-backup",
    bypass: "open",
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
    bypass: "open",
  },
  "api-main-only": {
    recovers: "API servers",
    because: "The backup API server answers wrongly while its health check is green; nobody is sent to it.",
    api: "main",
  },
  "api-backup-only": {
    recovers: "API servers",
    because: "The main API server answers wrongly while its health check is green; nobody is sent to it.",
    api: "backup",
  },
  "database-restored": {
    recovers: "Database",
    because: "The data are corrupt: hosts use a copy of the database as it was at the newest restore point.",
    database: "restored",
  },
  "database-secondary": {
    recovers: "Database",
    because: "The primary database server is gone; its replica in the secondary region takes over.",
    database: "secondary",
  },
  "storage-secondary": {
    recovers: "Queues & Storage",
    because: "The primary storage account is out of reach; hosts use the one in the secondary region.",
    storage: "secondary",
  },
  "workers-scaled": {
    recovers: "Workers",
    because: "Workers are lost, or have too much to do; the secondary region's pool takes over.",
    workers: "scaled",
  },
} as const satisfies Record<string, Degraded>;

export type DegradedName = keyof typeof degraded;
export type TopologyName = "normal" | DegradedName;

export const topologyNames = ["normal", ...Object.keys(degraded)] as TopologyName[];

/** Topologies of the plan that this version has no program for, and the part that brings each. */
export const notYet: Readonly<Record<string, string>> = {
  "region-secondary": "the part that moves the whole plant to the secondary region",
};
