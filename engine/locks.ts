import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { project } from "../infra/config.ts";
import { pulumi, type Workspace } from "./pulumi.ts";

/** A lock file of the file backend. https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go */
interface Lock {
  pid: number;
  hostname: string;
}

/**
 * Breaks a stack's locks when every owner is a process of this machine that no longer exists.
 * `pulumi cancel` asks no such question. A live owner's lock, or one of another machine, stays.
 * @returns whether locks were broken
 */
export async function breakDeadLocks(workspace: Workspace, stack: string): Promise<boolean> {
  const locks = await readLocks(workspace, stack);
  if (locks.length === 0 || !locks.every(isDead)) return false;
  await pulumi(workspace, ["cancel", "-s", stack, "--yes"], { stack, deadlineSeconds: 30 });
  return true;
}

async function readLocks({ env }: Workspace, stack: string): Promise<Lock[]> {
  const backend = env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return [];
  const folder = join(fileURLToPath(backend), ".pulumi/locks/organization", project, stack);
  const names = (await unlessGone(readdir(folder))) ?? [];
  const files = names.filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(files.map((name) => unlessGone(readFile(join(folder, name), "utf8"))));
  return texts.filter((text) => text !== undefined).map((text) => JSON.parse(text) as Lock);
}

/** A lock may be released between the look at its folder and the look into it. */
async function unlessGone<T>(read: Promise<T>): Promise<T | undefined> {
  return read.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

function isDead(lock: Lock): boolean {
  if (lock.hostname !== hostname()) return false;
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
