import { execa } from "execa";
import { FailoverError } from "../infra/errors.ts";
import { monotonicMs } from "../watch/journal.ts";
import { CpuMeter, type PartOf, type TreeCpu } from "./cpu-meter.ts";
import { Unmeasurable } from "./measurement.ts";

/** Many times what a slow machine needs; only a hang takes longer. */
const deadlineMs = 180_000;

/** A command to be measured. It inherits no environment. */
export interface Command {
  file: string;
  args: readonly string[];
  folder: string;
  env: Record<string, string>;
  /** The part of the tree that the command itself is, and how its other processes are sorted. */
  part: string;
  partOf?: PartOf;
}

export interface TimedRun {
  wallSeconds: number;
  cpu: TreeCpu;
  /** When it was started, in milliseconds of the monotonic clock. */
  startedMs: number;
  /** Both streams. */
  output: string;
  failed: boolean;
}

/**
 * Runs a command to its end and measures it and everything it starts.
 * @throws FailoverError INTERRUPTED when the signal stopped it, Unmeasurable when it hangs
 */
export async function timedRun(command: Command, signal: AbortSignal): Promise<TimedRun> {
  const { file, args, folder, env, part, partOf = (_line, inherited) => inherited } = command;
  throwIfStopped(signal);
  const startedMs = monotonicMs();
  const child = execa(file, args, {
    cwd: folder,
    env,
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    // A group of its own: a terminal's Ctrl-C must reach it once, through us.
    detached: true,
    cancelSignal: signal,
    timeout: deadlineMs,
    killSignal: "SIGINT",
    forceKillAfterDelay: 5000,
  });
  const meter = child.pid === undefined ? undefined : new CpuMeter(child.pid, part, partOf);
  const { all, failed, timedOut, durationMs } = await child;
  const cpu = (await meter?.stop()) ?? { seconds: 0, byPart: {} };
  throwIfStopped(signal);
  if (timedOut) throw new Unmeasurable(`${file} did not end within ${deadlineMs / 1000} s`);
  return { wallSeconds: durationMs / 1000, cpu, startedMs, output: all ?? "", failed };
}

/** @throws FailoverError INTERRUPTED */
export function throwIfStopped(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new FailoverError("INTERRUPTED", {
    problems: "the bench was stopped before it finished; nothing of it is left running.",
    fix: "npm run bench",
  });
}
