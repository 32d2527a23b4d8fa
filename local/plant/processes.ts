import { readFileSync, readdirSync } from "node:fs";

/** What the kernel says about one process (`/proc/<pid>/stat`). */
export interface ProcessStat {
  pid: number;
  state: string;
  parent: number;
  group: number;
  /** Clock ticks after boot: with the pid it names one process for ever, the pid alone does not. */
  startTicks: number;
}

/** Undefined when there is no such process (any more). */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(pid, "stat");
  if (!text) return undefined;
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startTicks: Number(fields[19]),
  };
}

/** Living processes; a zombie holds no port and no memory and may never be reaped in a container. */
export function listProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat): stat is ProcessStat => stat !== undefined && isAlive(stat));
}

export function isAlive(stat: ProcessStat): boolean {
  return stat.state !== "Z" && stat.state !== "X";
}

export function isRunning({ pid, startTicks }: { pid: number; startTicks: number }): boolean {
  const stat = readStat(pid);
  return stat !== undefined && isAlive(stat) && stat.startTicks === startTicks;
}

/**
 * Members of the process groups and all descendants of them: PostgreSQL's children, for one, lead groups of their own.
 */
export function treesOf(groups: number[]): ProcessStat[] {
  const processes = listProcesses();
  // A process that could not be started has no pid, and the group 0 is the kernel's own.
  const led = processes.filter(({ group }) => group > 0 && groups.includes(group));
  const found = new Map(led.map((stat) => [stat.pid, stat]));
  // A set hands out what is added to it while it is walked through.
  const parents = new Set(found.keys());
  for (const parent of parents) {
    for (const stat of processes.filter((each) => each.parent === parent)) {
      found.set(stat.pid, stat);
      parents.add(stat.pid);
    }
  }
  return [...found.values()];
}

/** Processes of this user whose environment holds the entry `NAME=value`. */
export function processesWithEnvironment(entry: string): ProcessStat[] {
  return listProcesses().filter(({ pid }) => readProc(pid, "environ")?.split("\0").includes(entry));
}

/** Proportional set size in KiB: pages shared by n processes count 1/n each. */
export function pssKib(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readProc(pid, "smaps_rollup") ?? "");
  return Number(line?.[1] ?? 0);
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // Gone between listing and reading, or another user's: neither is ours to count.
    return undefined;
  }
}
