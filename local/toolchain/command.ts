import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { execa } from "execa";
import { FailoverError } from "../../infra/errors.ts";
import { failOnFullDisk } from "./space.ts";
import type { Workbench } from "./workbench.ts";

const progressMilliseconds = 10_000;
const pausesBetweenTries = [2_000, 8_000];
const shownLines = 8;

export interface Command {
  program: string;
  args: string[];
  cwd?: string;
  /** Over the workbench's own; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Said every ten seconds with the time that passed; without it the command is silent. */
  doing?: string;
  /** For commands that answer at once, as version queries do. */
  milliseconds?: number;
}

export interface Outcome {
  ok: boolean;
  /** Both streams in the order they were written. */
  output: string;
}

/** Runs a command to its end. A command that fails, or cannot be started, is an outcome and not an error. */
export async function run(bench: Workbench, command: Command): Promise<Outcome> {
  const since = Date.now();
  const progress = command.doing
    ? setInterval(() => bench.report(`${command.doing} … ${seconds(since)} s`), progressMilliseconds)
    : undefined;
  try {
    throwIfStopped(bench);
    const result = await execa(command.program, command.args, {
      cwd: command.cwd ?? "/",
      env: { ...bench.env, ...command.env },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      reject: false,
      cancelSignal: bench.signal,
      ...(command.milliseconds === undefined ? {} : { timeout: command.milliseconds }),
    });
    throwIfStopped(bench);
    const started = result.exitCode !== undefined || result.signal !== undefined;
    return { ok: !result.failed, output: started ? result.all : String(result.shortMessage) };
  } finally {
    clearInterval(progress);
  }
}

export function throwIfStopped({ signal }: Pick<Workbench, "signal">): void {
  if (!signal.aborted) return;
  throw new FailoverError("INTERRUPTED", {
    problems: "stopped while the tools were prepared; what was complete is kept.",
    fix: "run the same command again",
  });
}

/**
 * Runs a command that talks to a registry up to three times.
 * @throws DOWNLOAD_FAILED with the last lines of its output and the path of its log
 */
export async function download(
  bench: Workbench,
  { what, from, attempt }: { what: string; from: string; attempt: () => Promise<Outcome> },
): Promise<Outcome> {
  for (const pause of [...pausesBetweenTries, undefined]) {
    const outcome = await attempt();
    if (outcome.ok) return outcome;
    failOnFullDisk(outcome.output);
    if (pause === undefined) throw downloadFailed(bench, { what, from, output: outcome.output });
    bench.report(`downloading ${what} failed, next try in ${pause / 1000} s`);
    await wait(pause, undefined, { signal: bench.signal }).catch(() => throwIfStopped(bench));
  }
  throw new Error("unreachable");
}

function downloadFailed(
  bench: Workbench,
  { what, from, output }: { what: string; from: string; output: string },
): FailoverError {
  return new FailoverError("DOWNLOAD_FAILED", {
    problems: [`Downloading ${what} from ${from} failed three times.`, ...lastLines(output)],
    where: keepLog(bench, `download-${what}`, output),
    fix: "check the network and any proxy settings, then start again: what has arrived is kept",
  });
}

/** Writes a failed command's whole output where it can be read later, and says where. */
export function keepLog(bench: Workbench, name: string, output: string): string {
  const folder = join(bench.cache, "logs");
  const path = join(folder, `${name.replaceAll(/[^\w.-]+/g, "-")}.log`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, output);
    return path;
  } catch {
    // The log is a courtesy: the error it belongs to must be seen even on a full or read-only disk.
    return "(the log could not be written)";
  }
}

export function lastLines(output: string): string[] {
  return output.trimEnd().split("\n").slice(-shownLines);
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
