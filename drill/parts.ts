import { axesOf } from "../infra/compose.ts";
import { type Axes, clientTtlSeconds, normal } from "../infra/topologies.ts";
import type { Measurement, Slices } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";

/** A slice of the way to recovery that the local plant does faster than the cloud, with the cloud's upper figure. */
export interface Part {
  name: string;
  promise: "rto" | "rpo";
  measuredSeconds: number;
  /** Null: nobody published one and we assume none; the verdict is unproven. */
  realSeconds: number | null;
  /** `published` by the vendor or set by us, or `assumed`; an assumed one makes the verdict conditional. */
  basis: "published" | "assumed";
  source: string;
}

interface PartRule extends Omit<Part, "measuredSeconds" | "promise"> {
  applies: (change: Change) => boolean;
  slice: keyof Slices;
}

interface Change {
  from: Axes;
  to: Axes;
}

const movesRecord = ({ from, to }: Change): boolean => from.edge !== to.edge || from.origin !== to.origin;
const leavesEdge = ({ from, to }: Change): boolean => from.edge === "proxied" && to.edge === "dns-only";
/** Beside a record that moves, hosts follow their settings meanwhile: of two parallel parts the longer one counts. */
const movesSettingsAlone = (change: Change): boolean =>
  change.from.api !== change.to.api && !movesRecord(change);

/**
 * The longest that a load balancer goes on with old settings: a read under way at the write may still bring the old
 * ones, the next begins after the longest pause, and the agent acts on what it brought. Seconds, of infra/hosts/programs.
 */
export const followSettings = {
  /** The time limit of one read, its token included. */
  readSeconds: 5,
  /** Between two reads: 10 s ± 10 %. */
  pauseSeconds: 11,
  /** Between two looks of the agent at what was read. */
  agentSeconds: 1,
};

/** Slices are disjoint and in the order in which they happen. */
const rules: readonly PartRule[] = [
  {
    name: "security rule",
    applies: leavesEdge,
    slice: "securityRuleSeconds",
    realSeconds: 15,
    basis: "assumed",
    source: "our estimate, the upper end of 2–15 s for network resources; Azure publishes no figure",
  },
  {
    name: "Cloudflare API call",
    applies: movesRecord,
    slice: "recordSeconds",
    realSeconds: 1,
    basis: "assumed",
    source: "no published figure; a call is answered well under a second",
  },
  {
    name: "edge learns the new origin",
    applies: (change) => movesRecord(change) && change.to.edge === "proxied",
    slice: "tailSeconds",
    realSeconds: 60,
    basis: "assumed",
    source:
      "Cloudflare publishes no bound; its staff say that a change reaches the whole edge usually within 60 s",
  },
  {
    name: "DNS answer expires",
    applies: leavesEdge,
    slice: "tailSeconds",
    realSeconds: clientTtlSeconds.proxied,
    basis: "published",
    source:
      "proxied records are answered with TTL 300: developers.cloudflare.com/dns/manage-dns-records/reference/ttl, 2026-11",
  },
  {
    name: "settings write",
    applies: movesSettingsAlone,
    slice: "settingsSeconds",
    realSeconds: 5,
    basis: "assumed",
    source: "our estimate for one key-value through Resource Manager; Azure publishes no figure",
  },
  {
    name: "hosts read their settings",
    applies: movesSettingsAlone,
    slice: "tailSeconds",
    realSeconds: 2 * followSettings.readSeconds + followSettings.pauseSeconds + followSettings.agentSeconds,
    basis: "published",
    source:
      "ours (infra/hosts): a read that still brought the old ones (5 s), the longest pause (11 s), the next read (5 s), the load balancer's agent (1 s)",
  },
];

/** The parts of one scenario's run. A scenario in which nothing of ours acts runs on the same software as for real. */
export function partsOf(scenario: Scenario, { slices }: Measurement): Part[] {
  const topology = scenario.topology ?? scenario.tries;
  if (!topology) return [];
  const change = { from: normal, to: axesOf(topology) };
  return rules
    .filter(({ applies }) => applies(change))
    .map(({ applies: _applies, slice, ...part }) => ({
      ...part,
      promise: "rto",
      measuredSeconds: slices[slice] ?? 0,
    }));
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
