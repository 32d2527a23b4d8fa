import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Attempt } from "./attempts.ts";
import type { Found } from "./found.ts";

/** Milliseconds of this machine's monotonic clock (CLOCK_MONOTONIC); the same in every process. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** How a client behaves towards DNS and connections; each is probed apart. */
export const clientClasses = {
  fresh: "looks the name up for each request, through a cache that honours TTLs",
  pooled: "keeps its connection open and looks up only for a new one",
  "ttl-ignoring": "looks the name up once and never again",
} as const;

export type ClientClass = keyof typeof clientClasses;

/** What clients do that leaves something behind; each looks names up as `fresh` does. Milliseconds. */
export const workClasses = {
  writes: { what: "a row in the database, acknowledged", periodMs: 100, boundMs: 2000 },
  jobs: { what: "a job, seen to be done", periodMs: 250, boundMs: 4000 },
} as const;

export type WorkClass = keyof typeof workClasses;

export type SampleClass = ClientClass | WorkClass;

/** One request of a probe, or a job from its order to its end. Times are {@link monotonicMs} minus the journal's start. */
export interface Sample {
  kind: "sample";
  class: SampleClass;
  /** When the schedule wanted it sent, when it was sent, when its outcome was known. */
  dueMs: number;
  sentMs: number;
  doneMs: number;
  good: boolean;
  /** Which server answered, and through which proxies; absent when none did. */
  server?: string;
  via?: string[];
  /** Why it is not good. */
  failure?: string;
}

/** What a change at a cloud's API moves. */
export type Written =
  | "record"
  | "security rule"
  | "settings"
  /** The database's primary role. */
  | "promotion"
  /** A database as it was at some time. */
  | "restore"
  /** How many machines a pool has. */
  | "capacity"
  | "other";

/** What happened when, as it happened. A scenario's journal holds these and the samples, nothing else. */
export type Mark =
  /** What the clock on the wall said when the journal began, ISO 8601: commit times are placed by it. */
  | { kind: "began"; atMs: number; at: string }
  | { kind: "control"; atMs: number; state: "begin" | "end" }
  /** An earlier disaster, recovered from and not over when the faults come. */
  | { kind: "degraded"; atMs: number; faults: readonly string[]; topology: string }
  | { kind: "fault"; atMs: number; fault: string }
  | { kind: "proof"; atMs: number; fault: string; proven: boolean; evidence: string }
  | { kind: "seen"; atMs: number; by: string }
  | { kind: "refilled"; atMs: number; name: string; ttlSeconds: number }
  /** What a switch may lose, as far as can be known before it; null where nothing says. */
  | {
      kind: "expected-loss";
      atMs: number;
      what: "database" | "storage";
      seconds: number | null;
      text: string;
    }
  | { kind: "restore-point"; atMs: number; at: string; corruptedAt: string }
  | { kind: "switch"; atMs: number; topology: string }
  | { kind: "write"; atMs: number; durationMs: number; what: Written; request: string }
  | { kind: "switched"; atMs: number; changes: Record<string, number> }
  | { kind: "served"; atMs: number; sinceMs: number; path: string }
  | { kind: "refused"; atMs: number; topology: string; reason: string }
  | { kind: "backlog"; atMs: number; count: number; bound: number }
  | { kind: "lift"; atMs: number; fault: string }
  | { kind: "back-begin"; atMs: number; topology: string | null }
  | { kind: "back-act"; atMs: number; topology: string }
  | { kind: "back-end"; atMs: number }
  | { kind: "drained"; atMs: number }
  /** Before the lift: what there is while degraded. The last one is what there is in the end. */
  | { kind: "reconciled"; atMs: number; found: Found }
  | { kind: "end"; atMs: number };

export type JournalEntry = Mark | Sample | Attempt;

type WithoutTime<T> = T extends unknown ? Omit<T, "atMs"> : never;

/** Append-only record of one scenario. Written as it happens, so that a killed drill leaves what it saw. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  readonly #startMs = monotonicMs();
  readonly #file: WriteStream;
  readonly #watchers = new Set<(entry: JournalEntry) => void>();
  #failure: Error | undefined;

  constructor(path: string) {
    this.#file = createWriteStream(path, { flags: "a" });
    // A full disk shows here, between two calls; the next one tells.
    this.#file.on("error", (error) => (this.#failure = error));
    this.#append({ kind: "began", atMs: 0, at: new Date().toISOString() });
  }

  /** Milliseconds since this journal began. */
  get nowMs(): number {
    return monotonicMs() - this.#startMs;
  }

  /** @throws what kept an earlier entry from being written */
  mark(mark: WithoutTime<Mark>, absoluteMs?: number): void {
    if (this.#failure) throw this.#failure;
    this.#append({ ...mark, atMs: this.#since(absoluteMs ?? monotonicMs()) });
  }

  /** Takes a sample whose times are absolute. */
  sample({ dueMs, sentMs, doneMs, ...rest }: Sample): void {
    const times = { dueMs: this.#since(dueMs), sentMs: this.#since(sentMs), doneMs: this.#since(doneMs) };
    this.#append({ ...rest, ...times });
  }

  /** Takes what a workload tells; its times are absolute. */
  take(entry: Sample | Attempt): void {
    if (entry.kind === "sample") return this.sample(entry);
    this.#append({ ...entry, sentMs: this.#since(entry.sentMs), doneMs: this.#since(entry.doneMs) });
  }

  /** Rounded here and not in the file, so that a journal read back measures exactly what the run did. */
  #since(absoluteMs: number): number {
    return Math.round((absoluteMs - this.#startMs) * 1000) / 1000;
  }

  /** Calls back for each entry from now on, until the returned function is called. */
  watch(watcher: (entry: JournalEntry) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async close(): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#file.end();
    await finished(this.#file);
  }

  #append(entry: JournalEntry): void {
    this.entries.push(entry);
    this.#file.write(`${JSON.stringify(entry)}\n`);
    for (const watcher of this.#watchers) watcher(entry);
  }
}

/** Reads a journal back. A last line cut in half by a kill is dropped; one in the middle throws. */
export function parseJournal(text: string): JournalEntry[] {
  const whole = text.split("\n").slice(0, -1);
  return whole.map((line) => JSON.parse(line) as JournalEntry);
}
