import type { ChildProcess } from "node:child_process";
import type { ProcessStat } from "./processes.ts";
import { poll } from "./readiness.ts";

/** Resolves with how the process ended: `exit code 1`, `SIGKILL`, or why it could not be started. */
export function ending(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  send(pid, signal);
}

export function signalGroup(group: number, signal: NodeJS.Signals): void {
  send(-group, signal);
}

/**
 * SIGKILL to whatever is found, until nothing is: a process may start another while it is being ended.
 * @throws DeadlineError naming the pids that are left
 */
export function endAll(find: () => Pick<ProcessStat, "pid">[], deadlineMs: number): Promise<void> {
  return poll({
    deadlineMs,
    until: () => {
      const pids = find().map(({ pid }) => pid);
      pids.forEach((pid) => signalProcess(pid, "SIGKILL"));
      return pids.length === 0 || `pids ${pids.join(", ")} are still there`;
    },
  });
}

function send(target: number, signal: NodeJS.Signals): void {
  // 0 would be our own group: a process that could not be started has no pid.
  if (target === 0) return;
  try {
    process.kill(target, signal);
  } catch (error) {
    // Already gone is what every caller wants.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
