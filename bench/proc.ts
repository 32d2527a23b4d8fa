import { readFileSync } from "node:fs";

/** Linux counts CPU time in these for every program, whatever the kernel's own clock is (USER_HZ). */
const ticksPerSecond = 100;

export interface ProcessStat {
  parent: number;
  /** User and system time so far, without children. */
  cpuSeconds: number;
  /** User and system time of children that ended and were waited for, with theirs. */
  reapedSeconds: number;
  /** When it started, in clock ticks since boot: tells two processes with one id apart. */
  startTicks: number;
}

/** @returns undefined when there is no such process (any more) */
export function readStat(pid: number | "self"): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** A stat line as proc(5) describes it; the second field is a name that may hold spaces and parentheses. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  // proc(5) counts from 1 and the first two fields are cut off.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    parent: field(4),
    cpuSeconds: (field(14) + field(15)) / ticksPerSecond,
    reapedSeconds: (field(16) + field(17)) / ticksPerSecond,
    startTicks: field(22),
  };
}

/** Arguments joined by spaces; empty for a process that is gone or is just ending. */
export function readCommandLine(pid: number): string {
  return (readProc(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim();
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
