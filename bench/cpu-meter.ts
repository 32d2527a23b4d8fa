import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { readCommandLine, readStat } from "./proc.ts";

const pollMs = 5;
/** Plugins end a moment after the engine that asked them to. */
const stragglersMs = 1000;

/** Names the part of a tree that a process belongs to, given its command line and its parent's part. */
export type PartOf = (commandLine: string, inherited: string) => string;

export interface TreeCpu {
  /** User and system seconds of the whole tree: the larger of both ways to measure it. */
  seconds: number;
  /** Seconds by part, from polling alone. */
  byPart: Record<string, number>;
}

interface Tracked {
  part: string;
  startTicks: number;
  cpuSeconds: number;
  alive: boolean;
}

/**
 * CPU time of a child of this process and of everything below it. Polling sees who used it, but not the last
 * milliseconds of a process; what the kernel adds up for waited-for children sees all of these, but no
 * orphan. No other child of this process may end meanwhile.
 */
export class CpuMeter {
  readonly #partOf: PartOf;
  readonly #tracked = new Map<number, Tracked>();
  readonly #reapedBefore = reapedSeconds();
  readonly #timer: NodeJS.Timeout;
  /** Processes that are not of the tree, so that each is looked at once. */
  #foreign = new Set<number>();

  /** @param rootPart the part of the root, which its other processes inherit */
  constructor(root: number, rootPart: string, partOf: PartOf) {
    this.#partOf = partOf;
    const startTicks = readStat(root)?.startTicks ?? 0;
    this.#tracked.set(root, { part: rootPart, startTicks, cpuSeconds: 0, alive: true });
    this.#poll();
    this.#timer = setInterval(() => this.#poll(), pollMs);
  }

  /** To be called when the root has ended. */
  async stop(): Promise<TreeCpu> {
    const deadline = performance.now() + stragglersMs;
    while (this.#poll() > 0 && performance.now() < deadline) await delay(pollMs);
    clearInterval(this.#timer);
    const byPart: Record<string, number> = {};
    for (const { part, cpuSeconds } of this.#tracked.values())
      byPart[part] = (byPart[part] ?? 0) + cpuSeconds;
    const polled = Object.values(byPart).reduce((sum, seconds) => sum + seconds, 0);
    return { seconds: Math.max(polled, reapedSeconds() - this.#reapedBefore), byPart };
  }

  /** @returns how many processes of the tree are alive */
  #poll(): number {
    const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
    this.#foreign = new Set(pids.filter((pid) => this.#foreign.has(pid)));
    this.#meet(pids.filter((pid) => !this.#tracked.has(pid) && !this.#foreign.has(pid)));
    const tracked = [...this.#tracked];
    for (const [pid, process] of tracked) if (process.alive) this.#update(pid, process);
    return tracked.filter(([, { alive }]) => alive).length;
  }

  /** Sorts new processes; again and again, as a child may have the smaller id once ids have wrapped around. */
  #meet(pids: readonly number[]): void {
    const stats = pids.flatMap((pid) => {
      const stat = readStat(pid);
      return stat ? [{ pid, ...stat }] : [];
    });
    const ours = stats.filter(({ parent }) => this.#tracked.has(parent));
    for (const { pid, parent, startTicks } of ours) {
      const part = this.#tracked.get(parent)?.part ?? "";
      this.#tracked.set(pid, { part, startTicks, cpuSeconds: 0, alive: true });
    }
    const others = stats.filter(({ pid }) => !this.#tracked.has(pid)).map(({ pid }) => pid);
    if (ours.length > 0) this.#meet(others);
    else for (const pid of others) this.#foreign.add(pid);
  }

  #update(pid: number, process: Tracked): void {
    const stat = readStat(pid);
    process.alive = stat?.startTicks === process.startTicks;
    if (!stat || !process.alive) return;
    process.cpuSeconds = stat.cpuSeconds;
    // Asked again each time: a process changes its command line when it starts another program in its place.
    process.part = this.#partOf(readCommandLine(pid), process.part);
  }
}

function reapedSeconds(): number {
  return readStat("self")?.reapedSeconds ?? 0;
}
