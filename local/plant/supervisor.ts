import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import type { Writable } from "node:stream";
import { FailoverError } from "../../infra/errors.ts";
import { childEnvironment } from "./environment.ts";
import { LineReader } from "./line-reader.ts";
import { logTail } from "./log-tail.ts";
import { endAll, ending, signalGroup, signalProcess } from "./process-group.ts";
import { isRunning, pssKib, readStat, treesOf } from "./processes.ts";
import type { ProcessStat } from "./processes.ts";
import { DeadlineError, poll } from "./readiness.ts";
import type { Condition } from "./readiness.ts";

export interface ProcessSpec {
  /** Unique among running processes; also the name of the log file. */
  name: string;
  command: { path: string; args: string[] };
  /** Added to the allow list of environment.ts; the caller's own environment is never inherited. */
  env?: Record<string, string>;
  /** Written to standard input at once: what must not show in the process list. */
  input?: string;
  /** A condition to poll, or `line`: the first line on standard output, which must match. */
  ready: { until: Condition } | { line: RegExp };
  /** Default 10 s. */
  deadlineMs?: number;
  /** Default: the folder of all logs. */
  cwd?: string;
  /** What ends it gracefully; default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Told of an unexpected end in the place of the supervisor's own `onExit`. */
  onExit?: (exit: UnexpectedExit) => void;
}

export interface RunningProcess {
  name: string;
  pid: number;
  /** Null for a process with a polled condition. */
  stdin: Writable | null;
  /** Standard output; silent for a process with a polled condition. */
  lines: LineReader;
}

export interface UnexpectedExit {
  name: string;
  /** `exit code 1` or `SIGKILL` */
  how: string;
  log: string;
  tail: string;
}

export interface SupervisorOptions {
  /** Logs go here, as `<name>.log`. */
  folder: string;
  /** Marks every process, so that the next run finds them after a crash of this one. */
  env: Record<string, string>;
  /** Called at once after each spawn, before anything can go wrong. */
  record: (started: { name: string; pid: number; startTicks: number }) => void;
  /** A process ended although nobody stopped it. */
  onExit: (exit: UnexpectedExit) => void;
}

interface Entry extends RunningProcess {
  log: string;
  phase: "starting" | "ready" | "stopping";
  exited: Promise<string>;
  stopSignal: NodeJS.Signals;
  onExit: (exit: UnexpectedExit) => void;
}

const readyDeadlineMs = 10_000;
const graceMs = 2000;
const goneDeadlineMs = 5000;

/** Starts, watches and ends processes, with all their descendants. Each leads a process group. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #entries = new Map<string, Entry>();
  #closed = false;
  readonly #killAll = () => {
    signalAll(treesOf(this.#pids()), "SIGKILL");
  };

  constructor(options: SupervisorOptions) {
    this.#options = options;
    process.on("exit", this.#killAll);
  }

  /**
   * Resolves when the process is ready.
   * @throws PLANT_FAILED with the last seen state and the end of the log; the process is gone then
   */
  async start(spec: ProcessSpec): Promise<RunningProcess> {
    if (this.#closed) throw new Error(`${spec.name} is not started: everything is being stopped`);
    if (this.#entries.has(spec.name)) throw new Error(`${spec.name} is already running`);
    const entry = this.#spawn(spec);
    const giveUp = new AbortController();
    try {
      await Promise.race([
        isReady(spec, entry, giveUp.signal),
        entry.exited.then((how) => Promise.reject(new Error(`it ended (${how}) before it was ready`))),
      ]);
      // It may have been told to stop meanwhile, and its end is then no surprise.
      if (entry.phase === "starting") entry.phase = "ready";
      return entry;
    } catch (error) {
      await this.stop(spec.name, "SIGKILL");
      throw notReady(entry, error);
    } finally {
      giveUp.abort();
    }
  }

  isRunning(name: string): boolean {
    return this.#entries.has(name);
  }

  /** SIGTERM, or what the process wants in its place, is followed by SIGKILL after 2 s. Resolves when the process and its children are gone. */
  async stop(name: string, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.phase = "stopping";
    // Whoever outlives its parent is not found below it any more.
    const known = treesOf([entry.pid]);
    const left = () => [...treesOf([entry.pid]), ...known.filter((each) => isRunning(each))];
    if (signal === "SIGTERM") {
      signalAll(known, "SIGCONT");
      signalProcess(entry.pid, entry.stopSignal);
      await poll({ deadlineMs: graceMs, until: () => left().length === 0 || "running" }).catch(
        ignoreDeadline,
      );
    }
    await endAll(left, goneDeadlineMs);
    await entry.exited;
    this.#entries.delete(name);
  }

  /** Nothing can be started afterwards. @throws PLANT_FAILED naming what could not be ended */
  async stopAll(): Promise<void> {
    this.#closed = true;
    const names = [...this.#entries.keys()];
    const results = await Promise.allSettled(names.map((name) => this.stop(name)));
    process.off("exit", this.#killAll);
    const failed = names.filter((_, index) => results[index]?.status === "rejected");
    if (failed.length === 0) return;
    throw new FailoverError("PLANT_FAILED", {
      problems: failed.map(
        (name) => `${name} (pid ${this.#entries.get(name)?.pid}) does not end, not even by SIGKILL.`,
      ),
    });
  }

  /** Of the process alone, as `kill` does; nothing happens when it is not running. */
  signal(name: string, signal: NodeJS.Signals): void {
    signalProcess(this.#entries.get(name)?.pid ?? 0, signal);
  }

  /** The process keeps its sockets and answers nothing: a hung server. */
  freeze(name: string): void {
    signalAll(treesOf([this.#get(name).pid]), "SIGSTOP");
  }

  thaw(name: string): void {
    signalAll(treesOf([this.#get(name).pid]), "SIGCONT");
  }

  /** Of all processes with their children, in KiB. */
  pssKib(): number {
    return treesOf(this.#pids()).reduce((sum, { pid }) => sum + pssKib(pid), 0);
  }

  #pids(): number[] {
    return [...this.#entries.values()].map(({ pid }) => pid);
  }

  #get(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${name} is not running`);
    return entry;
  }

  #spawn({ name, command, env, ready, input, cwd, ...rest }: ProcessSpec): Entry {
    const { folder, record } = this.#options;
    const log = path.join(folder, `${name}.log`);
    const output = openSync(log, "a", 0o600);
    const talks = "line" in ready;
    const child = spawn(command.path, command.args, {
      cwd: cwd ?? folder,
      detached: true,
      env: childEnvironment(folder, { ...this.#options.env, ...env }),
      stdio: [talks ? "pipe" : "ignore", talks ? "pipe" : output, output],
    });
    closeSync(output);
    const { pid = 0, stdin } = child;
    if (pid) record({ name, pid, startTicks: readStat(pid)?.startTicks ?? 0 });
    // A write to a process that just ended is told by its exit.
    stdin?.on("error", () => {});
    if (input !== undefined) stdin?.write(`${input}\n`);
    const lines = new LineReader(child.stdout, log);
    const { onExit = this.#options.onExit, stopSignal = "SIGTERM" } = rest;
    const exited = ending(child);
    const entry: Entry = { name, pid, stdin, lines, log, phase: "starting", exited, stopSignal, onExit };
    this.#entries.set(name, entry);
    void entry.exited.then((how) => this.#ended(entry, how));
    return entry;
  }

  #ended(entry: Entry, how: string): void {
    if (entry.phase !== "ready") return;
    signalGroup(entry.pid, "SIGKILL");
    this.#entries.delete(entry.name);
    entry.onExit({ name: entry.name, how, log: entry.log, tail: logTail(entry.log) });
  }
}

function signalAll(processes: ProcessStat[], signal: NodeJS.Signals): void {
  processes.forEach(({ pid }) => signalProcess(pid, signal));
}

function isReady(spec: ProcessSpec, entry: Entry, signal: AbortSignal): Promise<void> {
  const { ready, deadlineMs = readyDeadlineMs } = spec;
  const until = "until" in ready ? ready.until : firstLineMatches(ready.line, entry.lines);
  return poll({ until, deadlineMs, signal });
}

function firstLineMatches(expected: RegExp, lines: LineReader): Condition {
  let seen: string | undefined;
  void lines.first.then((line) => (seen = line));
  return () => {
    if (seen === undefined) return "no output yet";
    return expected.test(seen) || `first line ${JSON.stringify(seen)}`;
  };
}

function notReady({ name, log }: Entry, error: unknown): FailoverError {
  const why = error instanceof Error ? error.message : String(error);
  const tail = logTail(log);
  return new FailoverError("PLANT_FAILED", {
    problems: [`${name} did not become ready: ${why}.`, ...(tail ? [`The end of its log:\n${tail}`] : [])],
    where: log,
    cause: error,
  });
}

function ignoreDeadline(error: unknown): void {
  // SIGKILL follows.
  if (!(error instanceof DeadlineError)) throw error;
}
