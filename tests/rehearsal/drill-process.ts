import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const project = join(import.meta.dirname, "../..");

interface Start {
  verb?: "drill" | "local" | "failover";
  env?: NodeJS.ProcessEnv;
  /** Through setup.mjs it is all that npm runs; without, signals reach the program itself. */
  through?: "setup" | "program";
}

/** A verb of ours as a child, with all it printed. */
export class DrillProcess {
  readonly child: ChildProcessWithoutNullStreams;
  output = "";

  constructor(
    args: readonly string[],
    { verb = "drill", env = process.env, through = "program" }: Start = {},
  ) {
    const program = ["--disable-warning=ExperimentalWarning", `cli/${verb}.ts`];
    const main = through === "setup" ? ["setup.mjs", verb] : program;
    this.child = spawn(process.execPath, [...main, ...args], { cwd: project, env });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
  }

  /** Resolves when it has printed that; rejects with everything it printed when it ends before. */
  printed(text: string): Promise<void> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.output.includes(text)) finish(resolve);
        else if (child.exitCode !== null || child.signalCode !== null) {
          finish(() => reject(new Error(`ended before it printed "${text}":\n${this.output}`)));
        }
      };
      const finish = (end: () => void): void => {
        child.stdout.off("data", look);
        child.off("close", look);
        end();
      };
      child.stdout.on("data", look);
      child.on("close", look);
      look();
    });
  }

  async ended(): Promise<number | NodeJS.Signals | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** N of the block 127.N.0.0/16 that its plant occupies. */
  get block(): number {
    const found = /plant 127\.(\d+)\.0\.0\/16/.exec(this.output);
    if (!found) throw new Error(`no plant yet:\n${this.output}`);
    return Number(found[1]);
  }
}

/** What differs in the repository from its last commit. */
export function gitStatus(): string {
  return execFileSync("git", ["status", "--porcelain"], { cwd: project, encoding: "utf8" });
}

/** Sockets that listen in a block: `address:port`. */
export function listening(block: number): string[] {
  const rows = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  const sockets = rows.map((row) => row.trim().split(/\s+/)).filter(([, , , state]) => state === "0A");
  return sockets
    .map(([, local = ""]) => readable(local))
    .filter((address) => address.startsWith(`127.${block}.`));
}

/** Processes whose command line names a block's run folder. */
export function processesOf(block: number): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(commandLine).filter((command) => command.includes(`/127.${block}/`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // It ended while we looked.
  }
}

/** /proc/net/tcp writes addresses as little-endian hexadecimal. */
function readable(hex: string): string {
  const [address = "", port = ""] = hex.split(":");
  const octets = address.match(/../g)?.toReversed() ?? [];
  return `${octets.map((octet) => Number.parseInt(octet, 16)).join(".")}:${Number.parseInt(port, 16)}`;
}
