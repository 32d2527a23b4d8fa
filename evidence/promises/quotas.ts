import { axesOf } from "../../infra/compose.ts";
import { type Axes, normal } from "../../infra/topologies.ts";
import type { Scenario } from "../../drill/scenarios.ts";
import { movesSettings } from "../../drill/part-rules.ts";
import type { Bound } from "./figures.ts";

/** How many requests each cloud takes before it makes everybody wait. Published, read 2026-11. */
export const quotas = {
  cloudflare: {
    requests: 1200,
    windowSeconds: 300,
    /** All calls are refused for as long once there were too many. */
    refusedSeconds: 300,
    source:
      "1,200 requests in 5 minutes, then none for 5 minutes: developers.cloudflare.com/fundamentals/api/reference/limits",
  },
  resourceManager: {
    writes: 200,
    perSecond: 10,
    source:
      "200 writes at once, refilled with 10 a second: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
  },
  settingsStore: {
    requests: 30_000,
    windowSeconds: 3600,
    source:
      "30,000 requests an hour at the tier Standard: learn.microsoft.com/azure/azure-app-configuration/faq",
  },
};

/** Who asks the settings store, and how often at the most. */
export interface SettingsReaders {
  hosts: number;
  /** The shortest pause between two reads of one host. */
  leastPauseSeconds: number;
}

export interface Move {
  from: Axes;
  to: Axes;
}

/** What a scenario's switch moves; undefined where nothing is switched, or tried. */
export function moveOf({ topology, tries, during }: Scenario): Move | undefined {
  const target = topology ?? tries;
  if (!target) return undefined;
  return { from: during ? axesOf(during.topology) : normal, to: axesOf(target) };
}

export function movesRecord({ from, to }: Move): boolean {
  return from.edge !== to.edge || from.origin !== to.origin;
}

/** What one switch writes at each cloud: a request per resource that it changes, whatever it changes of it. */
export function writesOf(move: Move): { cloudflare: number; resourceManager: number } {
  const differs = (axis: keyof Axes): number => (move.from[axis] === move.to[axis] ? 0 : 1);
  const settings = movesSettings(move) ? 1 : 0;
  return {
    cloudflare: movesRecord(move) ? 1 : 0,
    resourceManager: differs("bypass") + differs("database") + differs("workers") + settings,
  };
}

/** How much of a quota is used up. */
export interface RequestCount {
  what: string;
  asked: number;
  allowed: number;
  source: string;
}

/** Of each quota, the most that is asked: all the time by the hosts, at once by the largest of these switches. */
export function requestCounts(scenarios: readonly Scenario[], readers: SettingsReaders): RequestCount[] {
  const writes = scenarios.flatMap((scenario) => moveOf(scenario) ?? []).map((move) => writesOf(move));
  const { settingsStore, cloudflare, resourceManager } = quotas;
  return [
    {
      what: `settings store: ${readers.hosts} hosts, each every ${readers.leastPauseSeconds} s at most, in an hour`,
      asked: settingsRequestsPerHour(readers),
      allowed: settingsStore.requests,
      source: settingsStore.source,
    },
    {
      what: "Cloudflare: the largest switch",
      asked: Math.max(0, ...writes.map((each) => each.cloudflare)),
      allowed: cloudflare.requests,
      source: cloudflare.source,
    },
    {
      what: "Resource Manager: the largest switch, without a wait",
      asked: Math.max(0, ...writes.map((each) => each.resourceManager)),
      allowed: resourceManager.writes,
      source: resourceManager.source,
    },
  ];
}

function settingsRequestsPerHour({ hosts, leastPauseSeconds }: SettingsReaders): number {
  return Math.ceil((hosts * quotas.settingsStore.windowSeconds) / leastPauseSeconds);
}

/** What a switch waits for because too much was asked before: nothing, as long as nobody adds a loop. */
export function quotaBounds(move: Move, readers: SettingsReaders): Bound[] {
  const { cloudflare, resourceManager } = writesOf(move);
  const { writes, perSecond } = quotas.resourceManager;
  const asked = settingsRequestsPerHour(readers);
  const waits: [name: string, seconds: number, source: string][] = [
    [
      "Cloudflare refuses further calls",
      cloudflare > quotas.cloudflare.requests ? quotas.cloudflare.refusedSeconds : 0,
      `${cloudflare} writes; ${quotas.cloudflare.source}`,
    ],
    [
      "Resource Manager's bucket fills again",
      Math.max(0, resourceManager - writes) / perSecond,
      `${resourceManager} writes; ${quotas.resourceManager.source}`,
    ],
    [
      "settings store answers again",
      movesSettings(move) && asked > quotas.settingsStore.requests ? quotas.settingsStore.windowSeconds : 0,
      `${readers.hosts} hosts ask ${asked} times an hour; ${quotas.settingsStore.source}`,
    ],
  ];
  return waits.flatMap(([name, seconds, source]) =>
    seconds > 0 ? [{ name, seconds, basis: "published" as const, source }] : [],
  );
}
