import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { FailoverError } from "../../infra/errors.ts";
import { fixedPorts, lockOf } from "./addresses.ts";
import { askHolder, lockBlock } from "./block-lock.ts";
import type { BlockLock } from "./block-lock.ts";
import { boundEverywhere, boundInBlock } from "./bound-ports.ts";
import { DeadlineError, poll } from "./readiness.ts";
import { createRunFolder, folderOfBlock } from "./run-folder.ts";
import { endRun, sweepBlock } from "./sweep.ts";
import type { Report } from "./sweep.ts";

/** Reserved for `npm run local`: the committed configuration names its addresses. */
export const localBlock = 20;
const firstDrillBlock = 21;
const lastDrillBlock = 99;
const sweepDeadlineMs = 3000;

/** A plant's share of the loopback network and of the disk, held until `release`. */
export interface Block {
  /** N of 127.N.0.0/16 */
  number: number;
  /** Mode 700; for everything the run writes. */
  folder: string;
  /** Random; the environment of every process of the run carries it. */
  run: string;
  /** Ends what is left of the run, removes the folder and lets others have the block. Stop all processes first. */
  release(): Promise<void>;
}

export interface BlockOptions {
  clientPort: number;
  /** Gets a line for everything that had to be cleaned up. */
  report: Report;
}

/** The block of the committed configuration. @throws PLANT_IN_USE naming the owner */
export function acquireLocalBlock(options: BlockOptions): Promise<Block> {
  return acquireBlock(localBlock, options);
}

/** One particular block. @throws PLANT_IN_USE naming the owner when another process holds it */
export async function acquireBlock(number: number, { clientPort, report }: BlockOptions): Promise<Block> {
  assertPortsFree(clientPort);
  let lock: BlockLock | undefined;
  let owner = "another process";
  await poll({
    deadlineMs: sweepDeadlineMs,
    until: async () => {
      lock = await lockBlock(number, "plant");
      if (lock) return true;
      const { pid, purpose } = await askHolder(number);
      if (pid) owner = `process ${pid}`;
      // Who only cleans up lets go in a moment, and may have done so before it could answer.
      return purpose === "plant" || "somebody is cleaning it up";
    },
  }).catch(ignoreDeadline);
  if (!lock) throw inUse(`127.${number}.0.0/16 belongs to ${owner}, which runs a local plant.`, owner);
  const block = await settle(number, lock, report);
  if (typeof block !== "string") return block;
  throw inUse(`127.${number}.0.0/16 is not free: ${block}.`, "what listens there");
}

/** The first free one of 127.21.0.0/16–127.99.0.0/16. @throws NO_FREE_BLOCK */
export async function acquireDrillBlock(options: BlockOptions): Promise<Block> {
  assertPortsFree(options.clientPort);
  const refusals: string[] = [];
  for (let number = firstDrillBlock; number <= lastDrillBlock; number += 1) {
    const lock = await lockBlock(number, "plant");
    if (!lock) continue;
    const block = await settle(number, lock, options.report);
    if (typeof block !== "string") return block;
    refusals.push(`127.${number}.0.0/16: ${block}.`);
  }
  throw new FailoverError("NO_FREE_BLOCK", {
    problems: [
      `All of 127.${firstDrillBlock}.0.0/16–127.${lastDrillBlock}.0.0/16 are taken.`,
      ...refusals.slice(0, 3),
    ],
    fix: "Wait for a drill to end, or stop what listens there.",
  });
}

/** A block, or what stands in its way; the lock is released then. */
async function settle(number: number, lock: BlockLock, report: Report): Promise<Block | string> {
  try {
    const obstacle = await clear(number, report);
    if (obstacle === undefined) return occupy(number, lock);
    await lock.release();
    return obstacle;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function clear(number: number, report: Report): Promise<string | undefined> {
  if (existsSync(folderOfBlock(number))) await sweepBlock(number, report);
  const { address, port } = lockOf(number);
  const strangers = boundInBlock(number).filter((socket) => socket !== `${address}:${port}`);
  return strangers.length > 0 ? `somebody listens on ${strangers.slice(0, 3).join(", ")}` : undefined;
}

function occupy(number: number, lock: BlockLock): Block {
  const folder = folderOfBlock(number);
  const run = randomUUID();
  createRunFolder(folder, run);
  return {
    number,
    folder,
    run,
    async release() {
      await endRun(run);
      rmSync(folder, { recursive: true, force: true });
      await lock.release();
    },
  };
}

function assertPortsFree(clientPort: number): void {
  const taken = boundEverywhere([clientPort, ...fixedPorts]);
  if (taken.length === 0) return;
  throw new FailoverError("NO_FREE_BLOCK", {
    problems: taken.map(
      (port) => `Port ${port} is taken on every address of this machine, so no block can use it.`,
    ),
    fix: `Stop what listens there; \`ss -ltnp\` names it.`,
  });
}

function inUse(problem: string, owner: string): FailoverError {
  return new FailoverError("PLANT_IN_USE", {
    problems: problem,
    fix: `Stop ${owner} first. Drills can run beside it.`,
  });
}

function ignoreDeadline(error: unknown): void {
  // The caller sees that it got no lock, and says whose it is.
  if (!(error instanceof DeadlineError)) throw error;
}
