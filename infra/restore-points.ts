import type { Problem } from "./problems.ts";

/** When the plant is to have a restored database of; the newest entry is the last one. */
export type RestorePoints = readonly { at: string }[];

/**
 * What can be said of restore points without asking the cloud. Whether one lies in the window that Azure keeps
 * backups of, Azure alone knows (InvalidPointInTime).
 */
export function checkRestorePoints(restores: RestorePoints, nowMs: number): Problem[] {
  const points = restores.map(({ at }) => at);
  const twice = new Set(points).size < points.length;
  const repeated: Problem = {
    code: "INVALID_CONFIG",
    key: "restores",
    text: "restores holds one time twice; allowed: a list without repetitions.",
  };
  const single = points.flatMap((at, index) => checkPoint({ at, index, before: points[index - 1] }, nowMs));
  return twice ? [repeated, ...single] : single;
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
  // Hosts are given the last entry, so the list is in the order of time; a database for each stays.
  if (before !== undefined && Date.parse(at) < Date.parse(before)) {
    return refuse(`older than the entry before it, ${before}; allowed: a later time.`);
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
