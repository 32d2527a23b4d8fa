import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { childEnvironment } from "../environment.ts";
import { endAll, ending, signalGroup } from "../process-group.ts";
import { treesOf } from "../processes.ts";
import { runVariable } from "../run-folder.ts";
import type { Tool } from "../tools.ts";
import { asDatabaseUser } from "./database-user.ts";

export interface ProgramRun {
  tool: Tool;
  args: string[];
  /** For its files; also its working folder. */
  folder: string;
  env?: Record<string, string>;
}

/** `links`: for what nobody writes to, neither here nor there. */
export type CopyKind = "files" | "links";

const copyArguments: Record<CopyKind, string> = { files: "-a", links: "-al" };

export interface FolderCopy {
  from: string;
  to: string;
  kind: CopyKind;
  /** Working folder. */
  folder: string;
}

interface Command {
  path: string;
  args: string[];
  folder: string;
  env?: Record<string, string>;
}

const goneMs = 5000;

/** What is run for databases and ends by itself. Each leads a process group. */
export class Programs {
  readonly #run: string;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  /** @param run of the plant: each program carries it, so that the next run finds what is left of this one */
  constructor(run: string) {
    this.#run = run;
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** One of PostgreSQL's programs. @throws Error with what it said; AbortError when it is ended */
  run({ tool, args, folder, env }: ProgramRun): Promise<void> {
    const command = asDatabaseUser({ path: tool.path, args });
    return this.#start({ ...command, folder, env: { ...tool.env, ...env } });
  }

  /** A copy with the same owners. */
  copy({ from, to, kind, folder }: FolderCopy): Promise<void> {
    return this.#start({ path: "cp", args: [copyArguments[kind], from, to], folder });
  }

  /** Nothing can be run any more. Resolves when none is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }

  async #start(command: Command): Promise<void> {
    const running = carryOut(command, { run: this.#run, signal: this.signal });
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

async function carryOut(
  { path, args, folder, env }: Command,
  { run, signal }: { run: string; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(path, args, {
    cwd: folder,
    detached: true,
    env: childEnvironment(folder, { ...env, [runVariable]: run }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { pid = 0 } = child;
  const end = () => signalGroup(pid, "SIGKILL");
  signal.addEventListener("abort", end);
  // Nothing can be read from what could not be started.
  const said = text(child.stderr).catch(() => "");
  const how = await ending(child).finally(() => signal.removeEventListener("abort", end));
  if (how === "exit code 0") return;
  // initdb and pg_basebackup have processes of their own.
  await endAll(() => treesOf([pid]), goneMs);
  signal.throwIfAborted();
  throw new Error(`${[path, ...args].join(" ")}: ${how}\n${await said}`);
}
