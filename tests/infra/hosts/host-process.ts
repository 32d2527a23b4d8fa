import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { poll } from "../../../local/plant/readiness.ts";

export const programFolder = fileURLToPath(new URL("../../../infra/hosts/programs", import.meta.url));

const readyMs = 30_000;

/** An address that no other test process has. */
export function ownAddress(last: number): string {
  return `127.18.${process.pid & 127}.${last}`;
}

/** A process with what it has written so far, ended with the test. */
export class Running {
  readonly child: ChildProcess;
  output = "";
  errors = "";

  constructor(t: ExecutionContext, command: string[], env: Record<string, string> = {}) {
    const [file = "", ...args] = command;
    this.child = spawn(file, args, { env: { PATH: process.env["PATH"] ?? "", ...env } });
    this.child.stdout?.on("data", (chunk) => (this.output += String(chunk)));
    this.child.stderr?.on("data", (chunk) => (this.errors += String(chunk)));
    t.teardown(() => this.stop("SIGKILL"));
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.ended) {
      const exited = once(this.child, "exit");
      this.child.kill(signal);
      await exited;
    }
    return this.child.exitCode;
  }
}

export interface ProgramOptions {
  /** Content of host.json. */
  host: object;
  folder: string;
  /** Of the program; default: where its source is. */
  file: string;
  env?: Record<string, string>;
}

/** Starts a program of a machine and waits until it says that it is ready. */
export async function startProgram(t: ExecutionContext, options: ProgramOptions): Promise<Running> {
  const { host, folder, file, env = {} } = options;
  const hostFile = path.join(folder, "host.json");
  writeFileSync(hostFile, JSON.stringify(host));
  const running = new Running(t, [process.execPath, file, hostFile], env);
  await poll({
    deadlineMs: readyMs,
    until: () => running.output.startsWith('{"ready":true}') || running.errors || "not ready",
  });
  return running;
}

export function sourceOf(program: string): string {
  return path.join(programFolder, `${program}.ts`);
}
