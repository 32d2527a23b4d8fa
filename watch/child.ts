import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** A process that watches the plant: JSON a line goes in, JSON a line comes out. It ends when its input does. */
export class WatchProcess<Told> {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #listener: (told: Told) => void = () => {};

  /** `main` is a file of this folder. */
  constructor(main: string) {
    const args = ["--disable-warning=ExperimentalWarning", fileURLToPath(new URL(main, import.meta.url))];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env: {} });
    preferInScheduling(this.pid);
    // A process that could not start or has died sends nothing, and a run without samples proves nothing.
    for (const part of [this.#child, this.#child.stdin]) part.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#listener(JSON.parse(line) as Told);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  tell(what: object): void {
    this.#child.stdin.write(`${JSON.stringify(what)}\n`);
  }

  /** Sends each thing told to one listener; the journal of the scenario that runs. */
  sendTo(listener: (told: Told) => void): void {
    this.#listener = listener;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    // Not "exit": samples may still be in the pipe then, and would reach a journal that is closed.
    await once(this.#child, "close");
  }
}

/** A probe that waits for the processor measures the machine, not the plant. Not every user may ask for this. */
function preferInScheduling(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Without the right to it, late samples are still counted as what they are.
    if (code !== "ERR_SYSTEM_ERROR") throw error;
  }
}
