import { access, constants, stat } from "node:fs/promises";
import { constants as system } from "node:os";
import { dirname, resolve } from "node:path";
import { FailoverError } from "../infra/errors.ts";

export interface Invocation {
  args: string[];
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. Whoever started something stops it then. */
  signal: AbortSignal;
}

/**
 * Runs a verb: prints what it throws, sets the exit code. No stack trace for anything but a defect.
 * @param usage names every option of the verb
 * @param details what `--help` prints below the usage
 */
export async function border(
  usage: string,
  verb: (invocation: Invocation) => Promise<number>,
  details: readonly string[] = [],
): Promise<void> {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    console.log([usage, ...details].join("\n"));
    return;
  }
  const stop = new AbortController();
  // A terminal or pipe that is closed must not keep the clean-up from running.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort(name));
  // Something of ours that nobody waits for has thrown: stop what runs, then end as a defect does, whatever the verb
  // comes to. A second one must not end the clean-up.
  process.on("uncaughtException", (error) => {
    console.error(error);
    process.exitCode = 3;
    stop.abort("a defect");
  });
  try {
    refuseSwallowedOptions(usage);
    const exitCode = await verb({ args: process.argv.slice(2), signal: stop.signal });
    process.exitCode ??= exitCode;
  } catch (error) {
    const known = asFailoverError(error, usage);
    console.error(known ? `\n${asCalled(known.message, usage)}` : error);
    process.exitCode ??= known?.exitCode ?? 3;
  }
}

/** Where the next command is the same one again, it is so with what it was given. */
function asCalled(message: string, usage: string): string {
  const given = process.argv.slice(2).map((arg) => (/^[\w.:/=-]+$/.test(arg) ? arg : JSON.stringify(arg)));
  const [command] = /^npm run [\w:]+/.exec(usage) ?? [];
  if (command === undefined || given.length === 0) return message;
  const next = `  Next: ${command}`;
  const line = (each: string): string => (each === next ? `${next} -- ${given.join(" ")}` : each);
  return message.split("\n").map(line).join("\n");
}

/** npm takes the beginning of an option of its own for the whole. */
const completedByNpm: Record<string, string> = { to: "token_description" };

/** Without `--` npm keeps an option for itself, and something else would be done than was asked for. */
function refuseSwallowedOptions(usage: string): void {
  const names = [...usage.matchAll(/--([a-z][a-z-]*)/g)].map(([, name = ""]) => name);
  const swallowed = names.filter((name) =>
    [name.replaceAll("-", "_"), completedByNpm[name]].some((key) => process.env[`npm_config_${key}`]),
  );
  if (swallowed.length === 0) return;
  throw new FailoverError("UNKNOWN_OPTION", {
    problems: `npm took --${swallowed.join(" and --")} for itself; options stand behind "--".`,
    fix: usage,
  });
}

function asFailoverError(error: unknown, usage: string): FailoverError | undefined {
  if (error instanceof FailoverError) return error;
  const { code, path, errno } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || errno === -system.errno.ENOSPC) {
    return new FailoverError("NO_SPACE", {
      problems: `a disk is full${path ? `; could not write ${path}` : ""}.`,
      fix: "free some space, then run the same command again",
    });
  }
  if (path && (code === "EACCES" || code === "EROFS")) return notWritable(path, code);
  if (code?.startsWith("ERR_PARSE_ARGS")) {
    // Node's own first sentence names the word; what follows is about positional arguments nobody meant.
    const [problem = ""] = (error as Error).message.split(". ");
    return new FailoverError("UNKNOWN_OPTION", { problems: `${problem.replace(/\.$/, "")}.`, fix: usage });
  }
  return undefined;
}

/** Finds out before minutes of work whether a file that was named can be written at their end. */
export async function assertWritable(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw notWritable(file, "it is a folder");
  const target = found ? file : dirname(resolve(file));
  await access(target, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    throw notWritable(file, error.code ?? "unknown reason");
  });
}

function notWritable(file: string, reason: string): FailoverError {
  return new FailoverError("NOT_WRITABLE", {
    problems: `${file} cannot be written: ${reason}.`,
    fix: "give its folder to this user, or name another file, then run the same command again",
  });
}
