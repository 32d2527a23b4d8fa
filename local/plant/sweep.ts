import { rmSync } from "node:fs";
import { lockBlock } from "./block-lock.ts";
import { endAll } from "./process-group.ts";
import { isRunning, processesWithEnvironment, treesOf } from "./processes.ts";
import { blocksWithFolder, folderOfBlock, readOwner, recordedProcesses, runVariable } from "./run-folder.ts";
import type { ProcessIdentity } from "./run-folder.ts";

const goneDeadlineMs = 5000;

export type Report = (line: string) => void;

/**
 * Cleans up after runs of this user that were killed: ends their processes, removes their folders.
 * Call it at the start of every run. Living plants are left alone.
 */
export async function sweepDeadPlants(report: Report): Promise<void> {
  for (const block of blocksWithFolder()) {
    const lock = await lockBlock(block, "sweep");
    if (!lock) continue;
    try {
      await sweepBlock(block, report);
    } finally {
      await lock.release();
    }
  }
}

/** The caller holds the block's lock, so nobody lives there. */
export async function sweepBlock(block: number, report: Report): Promise<void> {
  const folder = folderOfBlock(block);
  const owner = readOwner(folder);
  const leftOver = () => survivors(folder, owner?.run);
  const found = leftOver().length;
  await endAll(leftOver, goneDeadlineMs);
  rmSync(folder, { recursive: true, force: true });
  const who = owner ? `process ${owner.pid}, which was killed` : "a run that was cut short";
  report(`cleaned up 127.${block}.0.0/16 after ${who}: ${found} processes ended, folder removed`);
}

/**
 * Ends what a run has left of itself although its supervisor stopped all it had started: `timeout`, for one, moves
 * into a process group of its own. @throws DeadlineError
 */
export function endRun(run: string): Promise<void> {
  return endAll(() => markedWith(run), goneDeadlineMs);
}

function markedWith(run: string): ProcessIdentity[] {
  return processesWithEnvironment(`${runVariable}=${run}`);
}

/**
 * The recorded ones, by start time so that a recycled pid is never touched, and those that carry
 * the run's id: children of the recorded ones, and one started in the instant its owner was killed. A program may have
 * written its title over its environment, as PostgreSQL's children do: descendants count, too.
 */
function survivors(folder: string, run: string | undefined): ProcessIdentity[] {
  const recorded = recordedProcesses(folder).filter((identity) => isRunning(identity));
  const marked = run ? markedWith(run) : [];
  const found = [...recorded, ...marked];
  const below = treesOf(found.map(({ pid }) => pid));
  return [...new Map([...found, ...below].map((identity) => [identity.pid, identity])).values()];
}
