import { type Axes, degraded, normal } from "../infra/topologies.ts";
import type { Measurement } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";
import { ttlSeconds } from "./stage.ts";

/** A slice of the way to recovery that the local plant does faster than the cloud, with the cloud's upper figure. */
export interface Part {
  name: string;
  promise: "rto" | "rpo";
  measuredSeconds: number;
  /** Null: nobody published one and we assume none; the verdict is unproven. */
  realSeconds: number | null;
  /** `published` by the vendor, or `assumed` by us; an assumed one makes the verdict conditional. */
  basis: "published" | "assumed";
  source: string;
}

interface PartRule extends Omit<Part, "measuredSeconds"> {
  applies: (change: { from: Axes; to: Axes }) => boolean;
  measured: (measurement: Measurement) => number;
}

const leavesEdge: PartRule["applies"] = ({ from, to }) => from.edge === "proxied" && to.edge === "dns-only";
const staysBehindEdge: PartRule["applies"] = ({ to }) => to.edge === "proxied";

/** Slices are disjoint and in the order in which they happen. */
const rules: readonly PartRule[] = [
  {
    name: "security rule",
    promise: "rto",
    applies: leavesEdge,
    measured: () => 0,
    realSeconds: 15,
    basis: "assumed",
    source:
      "our estimate, the upper end of 2–15 s for network resources; the local plant has no firewall yet, it comes with the Azure part",
  },
  {
    name: "Cloudflare API call",
    promise: "rto",
    applies: () => true,
    measured: ({ slices }) => slices.apiCallSeconds ?? 0,
    realSeconds: 1,
    basis: "assumed",
    source: "no published figure; a call is answered well under a second",
  },
  {
    name: "edge learns the new origin",
    promise: "rto",
    applies: staysBehindEdge,
    measured: ({ slices }) => slices.tailSeconds ?? 0,
    realSeconds: 60,
    basis: "assumed",
    source:
      "Cloudflare publishes no bound; its staff say that a change reaches the whole edge usually within 60 s",
  },
  {
    name: "DNS answer expires",
    promise: "rto",
    applies: leavesEdge,
    measured: ({ slices }) => slices.tailSeconds ?? 0,
    realSeconds: ttlSeconds.proxied,
    basis: "published",
    source:
      "proxied records are answered with TTL 300: developers.cloudflare.com/dns/manage-dns-records/reference/ttl, 2026-11",
  },
];

/** The parts of one scenario's run. A scenario in which nothing of ours acts runs on the same software as for real. */
export function partsOf(scenario: Scenario, measurement: Measurement): Part[] {
  const topology = scenario.topology ?? scenario.tries;
  if (!topology) return [];
  const { recovers: _recovers, because: _because, ...changes } = degraded[topology];
  const change = { from: normal, to: { ...normal, ...changes } };
  return rules
    .filter(({ applies }) => applies(change))
    .map(({ applies: _applies, measured, ...part }) => ({ ...part, measuredSeconds: measured(measurement) }));
}

/** As run, with each part's slice replaced by the cloud's figure. Null where a part has none or nothing was measured. */
export function project(measuredSeconds: number | null, parts: readonly Part[]): number | null {
  if (measuredSeconds === null) return null;
  let total = measuredSeconds;
  for (const part of parts) {
    if (part.realSeconds === null) return null;
    total += part.realSeconds - part.measuredSeconds;
  }
  return total;
}
