import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { run } from "./command.ts";
import { unpackDebianPackages, type Wanted } from "./debian.ts";
import { findAll, isExecutable } from "./find.ts";
import { postgresFolders } from "./postgres-folders.ts";
import { versionIn } from "./version.ts";
import type { Workbench } from "./workbench.ts";

const answerMilliseconds = 10_000;

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
  postgres: Program;
  initdb: Program;
  pgBasebackup: Program;
  pgRewind: Program;
}

interface Known extends Wanted {
  /** The daemon comes first; the others must be beside it. */
  programs: [string, ...string[]];
  versionArgument: string;
  pattern: RegExp;
  /** Versions whose configuration and control commands we know. */
  known: RegExp;
  /** Answers with a further folder to look in. */
  folderQuery?: { program: string; args: string[] };
}

const sbin = (root: string): string[] => [join(root, "usr/sbin")];

const table = {
  haproxy: {
    packages: [["haproxy"]],
    folders: sbin,
    programs: ["haproxy"],
    versionArgument: "-v",
    pattern: /^HAProxy version (\d+\.\d+\.\d+)/m,
    known: /^(2\.[6-9]|3\.\d+)\./,
  },
  nsd: {
    packages: [["nsd"]],
    folders: sbin,
    programs: ["nsd", "nsd-control"],
    versionArgument: "-v",
    pattern: /^NSD version (\d+\.\d+\.\d+)/m,
    known: /^4\./,
  },
  unbound: {
    packages: [["unbound"]],
    folders: sbin,
    programs: ["unbound", "unbound-control"],
    versionArgument: "-V",
    pattern: /^Version (\d+\.\d+\.\d+)/m,
    known: /^1\.(1[3-9]|[2-9]\d)\./,
  },
  postgres: {
    packages: [15, 16, 17, 18].map((version) => [`postgresql-${version}`, `postgresql-client-${version}`]),
    folders: postgresFolders,
    programs: ["postgres", "initdb", "pg_basebackup", "pg_rewind"],
    versionArgument: "-V",
    pattern: /^postgres \(PostgreSQL\) (\d+\.\d+)/m,
    known: /^1[5-8]\./,
    folderQuery: { program: "pg_config", args: ["--bindir"] },
  },
} satisfies Record<string, Known>;

/** The programs of one entry, by name. */
type Found = Map<string, Program>;

/**
 * HAProxy, NSD, Unbound and PostgreSQL: the installed ones at a version we know, else unpacked for this user.
 * @throws TOOL_MISSING, DOWNLOAD_FAILED, NO_SPACE
 */
export async function preparePrograms(bench: Workbench): Promise<Programs> {
  const installed = await findAllKnown(table, (known) => findInstalled(bench, known));
  const complete = Object.values(installed).every((found) => found !== undefined);
  const unpacked = complete ? undefined : await prepareUnpacked(bench);
  const chosen = (name: keyof typeof table, program: string): Program => {
    const found = (installed[name] ?? unpacked?.[name])?.get(program);
    if (!found) throw unusable(name);
    return found;
  };
  return {
    haproxy: chosen("haproxy", "haproxy"),
    nsd: chosen("nsd", "nsd"),
    nsdControl: chosen("nsd", "nsd-control"),
    unbound: chosen("unbound", "unbound"),
    unboundControl: chosen("unbound", "unbound-control"),
    postgres: chosen("postgres", "postgres"),
    initdb: chosen("postgres", "initdb"),
    pgBasebackup: chosen("postgres", "pg_basebackup"),
    pgRewind: chosen("postgres", "pg_rewind"),
  };
}

async function prepareUnpacked(bench: Workbench): Promise<Partial<Record<keyof typeof table, Found>>> {
  const { root, env } = await unpackDebianPackages(bench, Object.values(table));
  return findAllKnown(table, async (known) => {
    const paths = known.folders(root).map((folder) => join(folder, known.programs[0]));
    return firstFound(paths, (path) => examine(bench, known, { path, version: "", origin: "unpacked", env }));
  });
}

async function findInstalled(bench: Workbench, known: Known): Promise<Found | undefined> {
  const further = [...bench.beyondPath, ...(await askForFolder(bench, known))];
  const paths = findAll(bench, known.programs[0], further).filter((path) => !isConfined(path));
  return firstFound(paths, (path) => examine(bench, known, { path, version: "", origin: "system", env: {} }));
}

async function askForFolder(bench: Workbench, { folderQuery }: Known): Promise<string[]> {
  const [path] = folderQuery ? findAll(bench, folderQuery.program) : [];
  if (!folderQuery || !path) return [];
  const { ok, output } = await run(bench, {
    program: path,
    args: folderQuery.args,
    milliseconds: answerMilliseconds,
  });
  return ok ? [output.trim()] : [];
}

async function firstFound(
  paths: string[],
  find: (path: string) => Promise<Found | undefined>,
): Promise<Found | undefined> {
  for (const path of paths) {
    const found = await find(path);
    if (found) return found;
  }
  return undefined;
}

async function examine(bench: Workbench, known: Known, daemon: Program): Promise<Found | undefined> {
  const folder = dirname(daemon.path);
  if (!known.programs.every((name) => isExecutable(join(folder, name)))) return undefined;
  const { output } = await run(bench, {
    program: daemon.path,
    args: [known.versionArgument],
    env: daemon.env,
    milliseconds: answerMilliseconds,
  });
  const version = versionIn(output, known.pattern);
  if (!version || !known.known.test(version)) return undefined;
  return new Map(known.programs.map((name) => [name, { ...daemon, path: join(folder, name), version }]));
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
