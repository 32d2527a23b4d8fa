import type { Problem } from "./problems.ts";

/** The points in time of which the plant is to have a restored database, UTC; the newest is the last. */
export type RestorePoints = readonly { at: string }[];

/**
 * What can be said of restore points without asking the cloud. Whether one lies in the window that Azure keeps
 * backups of, Azure alone knows (InvalidPointInTime).
 */
export function checkRestorePoints(restores: RestorePoints, nowMs: number): Problem[] {
  return restores.flatMap(({ at }, index) =>
    checkPoint({ at, index, before: restores[index - 1]?.at }, nowMs),
  );
}

interface Point {
  at: string;
  index: number;
  /** The entry before it. */
  before: string | undefined;
}

function checkPoint({ at, index, before }: Point, nowMs: number): Problem[] {
  const key = `restores[${index}].at`;
  const refuse = (text: string): Problem[] => [
    { code: "INVALID_CONFIG", key, text: `${key} is ${at}, ${text}`, fix: pointCommand(index) },
  ];
  if (Date.parse(at) > nowMs) {
    return refuse(`in the future (now ${utcSecond(nowMs)}); allowed: a time before the data went wrong.`);
  }
  // Hosts are given the last entry, and a time has one database: a list in the order of time leaves no doubt of either.
  if (before !== undefined && Date.parse(at) <= Date.parse(before)) {
    return refuse(`not later than the entry before it, ${before}; allowed: a later time.`);
  }
  return [];
}

/** What an engineer types to set, or to correct, an entry. */
export function pointCommand(index: number): string {
  return `pulumi config set --path 'failover-stacks:restores[${index}].at' <UTC time before the corruption> -s failover && pulumi up -s failover`;
}

function utcSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
