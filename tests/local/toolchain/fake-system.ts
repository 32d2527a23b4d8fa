import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Workbench } from "../../../local/toolchain/workbench.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

export interface FakeSystem extends Workbench {
  root: string;
  /** Every line that was reported. */
  reports: string[];
  /** What Ctrl-C does. */
  stop: () => void;
  /** Puts an executable on the system's PATH; each start of it is noted before its script runs. */
  put: (name: string, script: string) => void;
  /** The arguments of every start of an executable, a line each. */
  starts: (name: string) => string[];
}

/** A machine with nothing on PATH, an empty cache and a folder to play in. */
export function fakeSystem(): FakeSystem {
  const root = temporaryFolder();
  const bin = join(root, "bin");
  mkdirSync(bin);
  const reports: string[] = [];
  const stop = new AbortController();
  return {
    root,
    reports,
    env: { PATH: bin, HOME: root },
    beyondPath: [],
    cache: join(root, "cache"),
    report: (line) => reports.push(line),
    signal: stop.signal,
    stop: () => stop.abort(),
    put: (name, script) => putExecutable(join(bin, name), noting(join(root, `${name}.starts`), script)),
    starts: (name) => linesOf(join(root, `${name}.starts`)),
  };
}

export function putExecutable(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function noting(record: string, script: string): string {
  return `PATH=/usr/bin:/bin\necho "$@" >> ${record}\n${script}`;
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}
