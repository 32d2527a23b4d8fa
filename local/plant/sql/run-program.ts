import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { childEnvironment } from "../environment.ts";
import type { Tool } from "../tools.ts";
import { asDatabaseUser } from "./database-user.ts";

const run = promisify(execFile);

export interface ProgramRun {
  tool: Tool;
  args: string[];
  /** For its files; also its working folder. */
  folder: string;
  env?: Record<string, string>;
  signal: AbortSignal;
}

/** Runs one of PostgreSQL's programs to its end. @throws Error with what it said */
export async function runProgram({ tool, args, folder, env, signal }: ProgramRun): Promise<void> {
  const command = asDatabaseUser({ path: tool.path, args });
  await run(command.path, command.args, {
    cwd: folder,
    env: childEnvironment(folder, { ...tool.env, ...env }),
    signal,
  });
}

/** `links`: for what nobody writes to, neither here nor there. */
export type CopyKind = "files" | "links";

const copyArguments: Record<CopyKind, string> = { files: "-a", links: "-al" };

export interface FolderCopy {
  from: string;
  to: string;
  kind: CopyKind;
  signal: AbortSignal;
}

/** A copy with the same owners. */
export async function copyFolder({ from, to, kind, signal }: FolderCopy): Promise<void> {
  await run("cp", [copyArguments[kind], from, to], { signal });
}
