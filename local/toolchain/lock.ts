import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { throwIfStopped } from "./command.ts";

const pollMilliseconds = 200;
const reminderMilliseconds = 10_000;

export interface Lock {
  path: string;
  /** What the holder is busy with, for those who wait: "building pulumi". */
  subject: string;
  report: (line: string) => void;
  /** Ends the wait for another holder. */
  signal: AbortSignal;
}

interface Owner {
  pid: number;
  /** Clock ticks since boot; tells a process from a later one with the same pid. */
  startTime: string;
}

/** Runs `work` while no other process holds the same lock. A dead owner's lock is broken. */
export async function holding<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  await acquire(lock);
  try {
    return await work();
  } finally {
    await rm(lock.path, { force: true });
  }
}

async function acquire(lock: Lock): Promise<void> {
  await mkdir(dirname(lock.path), { recursive: true });
  let remindAt = 0;
  while (!(await claim(lock.path))) {
    const owner = await readOwner(lock.path);
    if (owner && !(await isAlive(owner))) {
      await breakLock(lock.path, owner);
      continue;
    }
    if (owner && Date.now() >= remindAt) {
      lock.report(`waiting for process ${owner.pid}, which is ${lock.subject}`);
      remindAt = Date.now() + reminderMilliseconds;
    }
    await wait(pollMilliseconds, undefined, { signal: lock.signal }).catch(() => throwIfStopped(lock));
  }
}

// A link appears with its content or not at all, so nobody reads a half-written owner.
async function claim(path: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  const owner = { pid: process.pid, startTime: await startTimeOf(process.pid) };
  await writeFile(draft, JSON.stringify(owner));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    // Released between our claim and our look: the next claim decides.
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

// Of two processes that find the same dead owner, the slower one may have taken away the lock the faster one has
// made meanwhile. It sees that by the content and puts it back.
async function breakLock(path: string, dead: Owner): Promise<void> {
  const taken = `${path}.${randomUUID()}`;
  try {
    await rename(path, taken);
    const owner = await readOwner(taken);
    const same = owner?.pid === dead.pid && owner.startTime === dead.startTime;
    if (!same) await link(taken, path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(taken, { force: true });
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  return (await startTimeOf(owner.pid)) === owner.startTime;
}

/** Field 22 of /proc/<pid>/stat; empty for a process that does not exist. */
export async function startTimeOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return "";
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
