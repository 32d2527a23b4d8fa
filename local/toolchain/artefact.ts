import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { holding } from "./lock.ts";
import { asNoSpace, refuseFullDisk } from "./space.ts";
import type { Workbench } from "./workbench.ts";

export interface Artefact {
  /** Folder name below the cache; holds every version and hash the content depends on. */
  key: string;
  /** Said to those who wait: "building pulumi 3.274.1". */
  subject: string;
  /** Room it takes in the cache while it is built; nothing is begun where there is less. */
  megabytes: number;
  build: (folder: string) => Promise<void>;
}

/**
 * The artefact's folder, built at most once per user: complete when it exists, whoever is killed in between.
 * @throws NO_SPACE, NOT_WRITABLE, and what `build` throws
 */
export async function obtain(bench: Workbench, artefact: Artefact): Promise<string> {
  const folder = join(bench.cache, artefact.key);
  if (existsSync(folder)) return folder;
  try {
    await mkdir(dirname(folder), { recursive: true });
    refuseFullDisk({ folder: bench.cache, megabytes: artefact.megabytes });
    const lock = {
      path: `${folder}.lock`,
      subject: artefact.subject,
      report: bench.report,
      signal: bench.signal,
    };
    await holding(lock, () => buildBeside(folder, artefact));
    return folder;
  } catch (error) {
    throw (
      asNoSpace(error, { folder: bench.cache, megabytes: artefact.megabytes }) ?? asUnwritable(error, bench)
    );
  }
}

async function buildBeside(folder: string, artefact: Artefact): Promise<void> {
  if (existsSync(folder)) return;
  await removeLeftovers(folder);
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    await artefact.build(unfinished);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

// Only the lock's holder builds, so whatever lies beside the folder belongs to a builder that was killed.
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.unfinished-`;
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function asUnwritable(error: unknown, bench: Workbench): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (!["EACCES", "EROFS", "EPERM", "ENOTDIR"].includes(code)) return error;
  return new FailoverError("NOT_WRITABLE", {
    problems: `The cache folder ${bench.cache} cannot be written (${code}).`,
    fix: "set XDG_CACHE_HOME to a folder of yours and start again",
    cause: error,
  });
}
