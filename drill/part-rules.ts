import { type Axes, clientTtlSeconds } from "../infra/topologies.ts";
import type { Measurement } from "./measure.ts";
import type { Part } from "./parts.ts";

export interface PartRule extends Omit<Part, "measuredSeconds" | "promise"> {
  applies: (change: Change, measured: Measurement) => boolean;
  /** What the plant took for it; null where it has nothing of the kind, and nothing is taken off. */
  slice: ((measured: Measurement) => number | null) | null;
  promise?: Part["promise"];
}

export interface Change {
  from: Axes;
  to: Axes;
}

const movesRecord = ({ from, to }: Change): boolean => from.edge !== to.edge || from.origin !== to.origin;
const leavesEdge = ({ from, to }: Change): boolean => from.edge === "proxied" && to.edge === "dns-only";
const opensBypass = ({ from, to }: Change): boolean => from.bypass === "closed" && to.bypass === "open";
const promotes = ({ from, to }: Change): boolean =>
  from.database !== to.database && to.database === "secondary";
const restores = ({ from, to }: Change): boolean =>
  from.database !== to.database && to.database === "restored";
const scales = ({ from, to }: Change): boolean => from.workers !== to.workers;
/** Whether hosts are told something else: a promotion moves a name that they go on using. */
export const movesSettings = (change: Change): boolean =>
  change.from.api !== change.to.api || change.from.storage !== change.to.storage || restores(change);
/** Beside a record or a role that moves, hosts follow their settings meanwhile: of two parallel parts the longer one counts. */
const movesSettingsAlone = (change: Change): boolean =>
  movesSettings(change) && !movesRecord(change) && !promotes(change);

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

/** Seconds for which a client keeps the answer for a failover group's listener. */
export const listenerTtlSeconds = 30;

/** A forced promotion is ordered this long after a planned one at the latest, of infra/promotion. */
export const plannedPromotionSeconds = 60;

/** Slices are disjoint and in the order in which they happen. */
export const partRules: readonly PartRule[] = [
  {
    name: "security rule",
    applies: (change) => leavesEdge(change) && opensBypass(change),
    slice: ({ slices }) => slices.securityRuleSeconds,
    realSeconds: 15,
    basis: "assumed",
    source: "our estimate, the upper end of 2–15 s for network resources; Azure publishes no figure",
  },
  {
    name: "Cloudflare API call",
    applies: movesRecord,
    slice: ({ slices }) => slices.recordSeconds,
    realSeconds: 1,
    basis: "assumed",
    source: "no published figure; a call is answered well under a second",
  },
  {
    name: "edge learns the new origin",
    applies: (change) => movesRecord(change) && change.to.edge === "proxied",
    slice: ({ slices }) => slices.tailSeconds,
    realSeconds: 60,
    basis: "assumed",
    source:
      "Cloudflare publishes no bound; its staff say that a change reaches the whole edge usually within 60 s",
  },
  {
    name: "DNS answer expires",
    applies: leavesEdge,
    slice: ({ slices }) => slices.tailSeconds,
    realSeconds: clientTtlSeconds.proxied,
    basis: "published",
    source:
      "proxied records are answered with TTL 300: developers.cloudflare.com/dns/manage-dns-records/reference/ttl, 2026-11",
  },
  {
    name: "settings write",
    applies: movesSettingsAlone,
    slice: ({ slices }) => slices.settingsSeconds,
    realSeconds: 5,
    basis: "assumed",
    source: "our estimate for one key-value through Resource Manager; Azure publishes no figure",
  },
  {
    name: "hosts read their settings",
    applies: movesSettingsAlone,
    slice: ({ slices }) => slices.tailSeconds,
    realSeconds: 2 * followSettings.readSeconds + followSettings.pauseSeconds + followSettings.agentSeconds,
    basis: "ours",
    source:
      "infra/hosts: a read that still brought the old ones (5 s), the longest pause (11 s), the next read (5 s), the load balancer's agent (1 s)",
  },
  {
    name: "planned promotion, tried first",
    applies: (change, { forcedPromotion }) => promotes(change) && forcedPromotion,
    slice: ({ slices }) => slices.plannedSeconds,
    realSeconds: plannedPromotionSeconds,
    basis: "ours",
    source: "infra/promotion: with a loss accepted it is given up after 60 s",
  },
  {
    name: "promotion",
    applies: promotes,
    slice: ({ slices }) => slices.promotionSeconds,
    realSeconds: 60,
    // A figure for what is usual bounds nothing.
    basis: "assumed",
    source:
      "published is what is typical, up to 60 s, and no upper bound: learn.microsoft.com/azure/reliability/reliability-sql-database, read 2026-11",
  },
  {
    name: "listener's DNS answer expires",
    applies: promotes,
    slice: ({ slices }) => slices.tailSeconds,
    realSeconds: listenerTtlSeconds,
    basis: "assumed",
    source: "the TTL that a failover group's listener is seen with; Azure publishes none",
  },
  {
    name: "log backup that holds the restore point",
    applies: restores,
    slice: null,
    realSeconds: 600,
    basis: "published",
    source:
      "approximately every 10 minutes: learn.microsoft.com/azure/azure-sql/database/automated-backups-overview, read 2026-11",
  },
  {
    name: "restore",
    applies: restores,
    slice: ({ slices }) => slices.restoreSeconds,
    realSeconds: 12 * 3600,
    basis: "published",
    source:
      "most finish in less than 12 hours, which is no upper bound: learn.microsoft.com/azure/azure-sql/database/recovery-using-backups, read 2026-11",
  },
  {
    name: "scale-out",
    applies: scales,
    slice: ({ slices }) => slices.capacitySeconds,
    realSeconds: 130,
    basis: "assumed",
    source:
      "the upper end of 73–130 s for a scale set in public logs of Terraform; Azure publishes no figure",
  },
  {
    name: "new machines boot",
    applies: scales,
    // What follows here is the work on what has waited, and that takes as long for real.
    slice: null,
    realSeconds: 300,
    basis: "assumed",
    source:
      "our estimate, the upper end of 1–5 min from an image to a worker that works: Azure does not wait for cloud-init, and publishes no figure",
  },
  {
    name: "replication lag",
    applies: (change, { forcedPromotion }) => promotes(change) && forcedPromotion,
    slice: ({ rpoSeconds }) => rpoSeconds,
    realSeconds: 5,
    promise: "rpo",
    basis: "published",
    source:
      "RPO 5 s of geo-replicated databases: learn.microsoft.com/azure/azure-sql/database/business-continuity-high-availability-disaster-recover-hadr-overview, read 2026-11",
  },
];
