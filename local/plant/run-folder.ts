import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { readStat } from "./processes.ts";

/** Names one process for ever: a recycled pid has another start time. */
export interface ProcessIdentity {
  pid: number;
  startTicks: number;
}

export interface Owner extends ProcessIdentity {
  /** Random; every process of the run carries it in its environment. */
  run: string;
}

/** In the environment of every process of a plant, with the run's id. */
export const runVariable = "FAILOVER_PLANT_RUN";

const ownerFile = "owner.json";
const processesFile = "processes.jsonl";
// HAProxy refuses a unix socket whose path is longer than 97 bytes, and the longest below is
// 127.99/vm/load-balancer-backup/run/haproxy/admin.sock.
const longestFolder = 97 - 53;

/** `<temp folder>/failover-stacks-<uid>`: one per user, closed to others. */
export function runsFolder(): string {
  const name = `failover-stacks-${process.getuid?.() ?? 0}`;
  const wanted = path.join(os.tmpdir(), name);
  const folder = wanted.length <= longestFolder ? wanted : path.join("/tmp", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  // In a shared /tmp somebody else could have made it first, or put a link there.
  if (uid !== process.getuid?.() || !lstatSync(folder).isDirectory()) {
    throw new FailoverError("PLANT_FAILED", {
      problems: `${folder} is not a folder of this user.`,
      fix: "Remove it, or set TMPDIR to a folder of yours.",
    });
  }
  chmodSync(folder, 0o700);
  return folder;
}

export function folderOfBlock(block: number): string {
  return path.join(runsFolder(), `127.${block}`);
}

/** Blocks that have a folder, of living and of dead runs. */
export function blocksWithFolder(): number[] {
  return readdirSync(runsFolder())
    .map((name) => /^127\.(\d+)$/.exec(name)?.[1])
    .filter((block) => block !== undefined)
    .map(Number);
}

export function createRunFolder(folder: string, run: string): void {
  mkdirSync(folder, { mode: 0o700 });
  const owner: Owner = { pid: process.pid, startTicks: readStat(process.pid)?.startTicks ?? 0, run };
  writeFileSync(path.join(folder, ownerFile), JSON.stringify(owner));
}

/** Undefined when the run was cut before it could say who it is. */
export function readOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, ownerFile), "utf8")) as Owner;
  } catch {
    // The run ended between making the folder and writing the file: it started no process.
    return undefined;
  }
}

export function recordProcess(folder: string, started: ProcessIdentity & { name: string }): void {
  appendFileSync(path.join(folder, processesFile), `${JSON.stringify(started)}\n`);
}

export function recordedProcesses(folder: string): ProcessIdentity[] {
  const file = path.join(folder, processesFile);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // The last line of a killed run may be cut; its process is found by its environment.
  return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as ProcessIdentity);
}
