import { askUntil, type Cloud, describe } from "./arm.ts";

/** What the replica is known to have. */
export interface Replica {
  /** Everything that was committed before it is on the replica: a whole second of the clock, in milliseconds. */
  survivesBeforeMs: number;
  lagSeconds: number;
  /** When the primary server last said so. */
  asOfMs: number;
}

/** Nobody can say what the replica has, and why. */
export interface UnknownReplica {
  unknown: string;
}

export type Reading = Replica | UnknownReplica;

/** What a forced promotion would lose, for people and for programs. */
export interface ExpectedLoss {
  /** At most so many seconds of committed writes; null: it cannot be said. */
  seconds: number | null;
  /** UTC, a whole second: everything committed before it survives. It is what `acceptedLoss` is set to. */
  survivesBefore: string | null;
  text: string;
}

/** How long a loss that was accepted counts, and so how far back a reading is of any use. */
export const acceptedForMs = 4 * 3600 * 1000;
/** The primary says its lag each minute, and what it says is there within a few more. */
const silentAfterMs = 5 * 60_000;
/** A recovery does not wait for a figure. */
const readingMs = 5000;

/**
 * Reads how far the replica of a primary database was behind, from Azure Monitor: the time from a commit on the primary
 * to the replica's word that it has it, told each minute by the primary.
 * https://techcommunity.microsoft.com/blog/azuresqlblog/replication-lag-metric-for-azure-sql-db-is-now-in-public-preview/4444873
 * https://learn.microsoft.com/rest/api/monitor/metrics/list?view=rest-monitor-2024-02-01 (read 2026-11)
 */
export async function readReplica(
  database: string,
  { cloud, token }: { cloud: Cloud; token: string },
): Promise<Reading> {
  const now = Date.now();
  const query = new URLSearchParams({
    "api-version": "2024-02-01",
    metricnames: "replication_lag_seconds",
    timespan: `${utcSecond(now - acceptedForMs)}/${utcSecond(now)}`,
    interval: "PT1M",
    aggregation: "Maximum",
  });
  const url = `${cloud.resourceManager}${database}/providers/Microsoft.Insights/metrics?${query.toString()}`;
  const init = { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(readingMs) };
  try {
    const answer = await askUntil(now + readingMs, url, init);
    if (answer.status !== 200) return { unknown: describe(answer) };
    return replicaIn(answer.body) ?? { unknown: "the primary server has not told its lag for four hours" };
  } catch (error) {
    return { unknown: (error as Error).message };
  }
}

/**
 * A point is the greatest lag of the minute that begins at its time, so it says what had arrived by then; each of
 * them says it, and what has arrived stays.
 */
function replicaIn(body: unknown): Replica | undefined {
  return pointsIn(body)
    .map(({ timeStamp, maximum }) => {
      const asOfMs = Date.parse(timeStamp);
      const survivesBeforeMs = Math.floor((asOfMs - maximum * 1000) / 1000) * 1000;
      return { survivesBeforeMs, lagSeconds: maximum, asOfMs };
    })
    .toSorted((a, b) => a.survivesBeforeMs - b.survivesBeforeMs)
    .at(-1);
}

interface Point {
  timeStamp: string;
  maximum: number;
}

/** A minute of which nothing is known is a point without a value. */
function pointsIn(body: unknown): Point[] {
  const { value } = (body ?? {}) as { value?: { timeseries?: { data?: Partial<Point>[] }[] }[] };
  const points = (value ?? [])
    .flatMap(({ timeseries }) => timeseries ?? [])
    .flatMap(({ data }) => data ?? []);
  return points.filter(
    (point): point is Point =>
      typeof point.maximum === "number" && !Number.isNaN(Date.parse(point.timeStamp ?? "")),
  );
}

export function isKnown(reading: Reading): reading is Replica {
  return !("unknown" in reading);
}

/** The primary server has been silent for so long that it is not waited for as one that is only slow. */
export function isSilent(reading: Reading): boolean {
  return isKnown(reading) && Date.now() - reading.asOfMs > silentAfterMs;
}

/** A point of a minute that began after that time: the primary was there to tell it. */
export function hasSpokenSince(reading: Replica, sinceMs: number): boolean {
  return reading.asOfMs > sinceMs;
}

export function expectedLossOf(reading: Reading): ExpectedLoss {
  if (!isKnown(reading)) {
    const text = `what the replica has is not known (${reading.unknown}); how many writes are lost cannot be said`;
    return { seconds: null, survivesBefore: null, text };
  }
  const { survivesBeforeMs, lagSeconds, asOfMs } = reading;
  const survivesBefore = utcSecond(survivesBeforeMs);
  const seconds = secondsSince(survivesBeforeMs);
  const read = `lag ${Number(lagSeconds.toFixed(1))} s, read ${secondsSince(asOfMs)} s ago`;
  const text = `everything committed before ${survivesBefore} is on the replica (${read}); up to ${seconds} s of writes are lost`;
  return { seconds, survivesBefore, text };
}

function secondsSince(ms: number): number {
  return Math.max(0, Math.ceil((Date.now() - ms) / 1000));
}

export function utcSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
