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

/** A copy with the same owners. */
export async function copyFolder(from: string, to: string, signal: AbortSignal): Promise<void> {
  await run("cp", ["-a", from, to], { signal });
}
