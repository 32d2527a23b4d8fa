import { statfsSync } from "node:fs";
import { FailoverError } from "../../infra/errors.ts";

export interface Room {
  folder: string;
  megabytes: number;
}

const signs = /ENOSPC|no space left on device|disk quota exceeded|EDQUOT/i;

/** Throws where a program's output says that a disk is full: trying again would not help. */
export function failOnFullDisk(output: string): void {
  if (signs.test(output)) throw new Error("no space left on device");
}

/** The NO_SPACE error for a failure that came from a full disk; undefined for any other. */
export function asNoSpace(error: unknown, room: Room): FailoverError | undefined {
  if (error instanceof FailoverError) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT" && !signs.test(message)) return undefined;
  return noSpace({ ...room, cause: error });
}

/**
 * Asked before anything is written: apt-get, for one, does not fail on a full disk but waits for ever.
 * @throws NO_SPACE
 */
export function refuseFullDisk(room: Room): void {
  const free = freeMegabytes(room.folder);
  if (typeof free === "number" && free < room.megabytes) throw noSpace(room);
}

function noSpace({ folder, megabytes, cause }: Room & { cause?: unknown }): FailoverError {
  return new FailoverError("NO_SPACE", {
    problems: `${folder} needs about ${megabytes} MB, ${freeMegabytes(folder)} MB are free.`,
    fix: "make room, or move your caches to a larger disk (XDG_CACHE_HOME, GOCACHE, GOMODCACHE), and start again",
    cause,
  });
}

function freeMegabytes(folder: string): number | string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Math.floor((bavail * bsize) / 2 ** 20);
  } catch {
    // The folder may not exist yet; the message holds without the figure.
    return "too few";
  }
}
