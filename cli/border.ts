import { constants } from "node:os";
import { FailoverError } from "../infra/errors.ts";

export interface Invocation {
  args: string[];
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. Whoever started something stops it then. */
  signal: AbortSignal;
}

/** Runs a verb: prints what it throws, sets the exit code. No stack trace for anything but a defect. */
export async function border(verb: (invocation: Invocation) => Promise<number>): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort(name));
  try {
    process.exitCode = await verb({ args: process.argv.slice(2), signal: stop.signal });
  } catch (error) {
    const known = asFailoverError(error);
    console.error(known ? `\n${known.message}` : error);
    process.exitCode = known?.exitCode ?? 3;
  }
}

function asFailoverError(error: unknown): FailoverError | undefined {
  if (error instanceof FailoverError) return error;
  const { code, path, errno } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || errno === -constants.errno.ENOSPC) {
    return new FailoverError("NO_SPACE", {
      problems: `a disk is full${path ? `; could not write ${path}` : ""}.`,
      fix: "free some space, then run the same command again",
    });
  }
  if (code?.startsWith("ERR_PARSE_ARGS")) {
    const { message } = error as Error;
    return new FailoverError("UNKNOWN_OPTION", { problems: message, fix: "see README.md for the options" });
  }
  return undefined;
}
