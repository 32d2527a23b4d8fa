import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Sample } from "./journal.ts";
import type { ProbeTarget } from "./probe.ts";

/** The probe process, seen from the drill. Samples carry absolute monotonic times. */
export class Probes {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #listener: (sample: Sample) => void = () => {};

  constructor(target: ProbeTarget) {
    const main = fileURLToPath(new URL("probe-main.ts", import.meta.url));
    const args = ["--disable-warning=ExperimentalWarning", main];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env: {} });
    preferInScheduling(this.pid);
    // A probe process that could not start or has died sends nothing, and a run without samples proves nothing.
    for (const part of [this.#child, this.#child.stdin]) part.on("error", () => {});
    this.#child.stdin.write(`${JSON.stringify(target)}\n`);
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#listener(JSON.parse(line) as Sample);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends each sample to one listener; the journal of the scenario that runs. */
  sendTo(listener: (sample: Sample) => void): void {
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
