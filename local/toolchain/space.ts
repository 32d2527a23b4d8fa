import { statfsSync } from "node:fs";
import { FailoverError } from "../../infra/errors.ts";

const signs = /ENOSPC|no space left on device|disk quota exceeded|EDQUOT/i;

/** Throws where a program's output says that a disk is full: trying again would not help. */
export function failOnFullDisk(output: string): void {
  if (signs.test(output)) throw new Error("no space left on device");
}

/** The NO_SPACE error for a failure that came from a full disk; undefined for any other. */
export function asNoSpace(
  error: unknown,
  { folder, megabytes }: { folder: string; megabytes: number },
): FailoverError | undefined {
  if (error instanceof FailoverError) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT" && !signs.test(message)) return undefined;
  return noSpace({ folder, megabytes, cause: error });
}

export function noSpace({
  folder,
  megabytes,
  cause,
}: {
  folder: string;
  megabytes: number;
  cause?: unknown;
}): FailoverError {
  return new FailoverError("NO_SPACE", {
    problems: `${folder} needs about ${megabytes} MB, ${freeMegabytes(folder)} MB are free.`,
    fix: "make room, or set XDG_CACHE_HOME to a folder on a larger disk, and start again",
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
