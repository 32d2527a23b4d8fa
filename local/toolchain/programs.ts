import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { run } from "./command.ts";
import { unpackDebianPackages } from "./debian.ts";
import { findAll, isExecutable } from "./find.ts";
import { versionIn } from "./version.ts";
import type { Workbench } from "./workbench.ts";

export interface Program {
  path: string;
  version: string;
  origin: "system" | "unpacked";
  /** Needed by this program only, never by others: a folder of libraries unpacked beside it. */
  env: Record<string, string>;
}

export interface Programs {
  haproxy: Program;
  nsd: Program;
  nsdControl: Program;
  unbound: Program;
  unboundControl: Program;
}

interface Known {
  /** Its program, and the one that controls it at run time. */
  daemon: string;
  control?: string;
  versionArgument: string;
  pattern: RegExp;
  /** Versions whose configuration and control commands we know. */
  known: RegExp;
}

const table = {
  haproxy: {
    daemon: "haproxy",
    versionArgument: "-v",
    pattern: /^HAProxy version (\d+\.\d+\.\d+)/m,
    known: /^(2\.[6-9]|3\.\d+)\./,
  },
  nsd: {
    daemon: "nsd",
    control: "nsd-control",
    versionArgument: "-v",
    pattern: /^NSD version (\d+\.\d+\.\d+)/m,
    known: /^4\./,
  },
  unbound: {
    daemon: "unbound",
    control: "unbound-control",
    versionArgument: "-V",
    pattern: /^Version (\d+\.\d+\.\d+)/m,
    known: /^1\.(1[3-9]|[2-9]\d)\./,
  },
} satisfies Record<string, Known>;

interface Found {
  daemon: Program;
  controlPath: string;
}

/**
 * HAProxy, NSD and Unbound: the installed ones at a version we know, else unpacked for this user.
 * @throws TOOL_MISSING, DOWNLOAD_FAILED, NO_SPACE
 */
export async function preparePrograms(bench: Workbench): Promise<Programs> {
  const installed = await findAllKnown(table, (known) => findInstalled(bench, known));
  const complete = installed.haproxy && installed.nsd && installed.unbound;
  const unpacked = complete ? undefined : await prepareUnpacked(bench);
  const chosen = (name: keyof typeof table): Found => {
    const found = installed[name] ?? unpacked?.[name];
    if (!found) throw unusable(name);
    return found;
  };
  return {
    haproxy: chosen("haproxy").daemon,
    nsd: chosen("nsd").daemon,
    nsdControl: controlOf(chosen("nsd")),
    unbound: chosen("unbound").daemon,
    unboundControl: controlOf(chosen("unbound")),
  };
}

async function prepareUnpacked(bench: Workbench): Promise<Partial<Record<keyof typeof table, Found>>> {
  const { root, env } = await unpackDebianPackages(bench, Object.values(table));
  return findAllKnown(table, async (known) => {
    const path = join(root, "usr/sbin", known.daemon);
    return examine(bench, known, { path, version: "", origin: "unpacked", env });
  });
}

async function findInstalled(bench: Workbench, known: Known): Promise<Found | undefined> {
  for (const path of findAll(bench, known.daemon, bench.beyondPath)) {
    if (isConfined(path)) continue;
    const found = await examine(bench, known, { path, version: "", origin: "system", env: {} });
    if (found) return found;
  }
  return undefined;
}

async function examine(bench: Workbench, known: Known, program: Program): Promise<Found | undefined> {
  const controlPath = join(dirname(program.path), known.control ?? known.daemon);
  if (!isExecutable(controlPath)) return undefined;
  const { output } = await run(bench, {
    program: program.path,
    args: [known.versionArgument],
    env: program.env,
    milliseconds: 10_000,
  });
  const version = versionIn(output, known.pattern);
  if (!version || !known.known.test(version)) return undefined;
  return { daemon: { ...program, version }, controlPath };
}

// Debian and Ubuntu ship AppArmor profiles that keep their daemons from reading configuration anywhere but in /etc.
// A profile goes by the program's path, so an unpacked copy of the same program is free.
function isConfined(path: string): boolean {
  const profile = `/etc/apparmor.d/usr.sbin.${basename(path)}`;
  return path.startsWith("/usr/sbin/") && existsSync(profile) && appArmorIsOn();
}

function appArmorIsOn(): boolean {
  try {
    return readFileSync("/sys/module/apparmor/parameters/enabled", "utf8").startsWith("Y");
  } catch {
    // A kernel without AppArmor has no such file.
    return false;
  }
}

function controlOf({ daemon, controlPath }: Found): Program {
  return { ...daemon, path: controlPath };
}

async function findAllKnown<Key extends string, Value>(
  entries: Record<Key, Known>,
  find: (known: Known) => Promise<Value | undefined>,
): Promise<Partial<Record<Key, Value>>> {
  const pairs = Object.entries<Known>(entries).map(
    async ([name, known]) => [name, await find(known)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs)) as Partial<Record<Key, Value>>;
}

function unusable(name: keyof typeof table): FailoverError {
  const { pattern, known } = table[name];
  return new FailoverError("TOOL_MISSING", {
    problems: `${name}, unpacked from this system's packages, does not answer ${pattern.source} with a version like ${known.source}.`,
    fix: `install a ${name} of such a version, so that it is on PATH`,
  });
}
