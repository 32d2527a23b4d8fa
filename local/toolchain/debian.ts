import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { obtain } from "./artefact.ts";
import { download, run, type Outcome } from "./command.ts";
import { findAll } from "./find.ts";
import { failWithoutApt, failWithoutPackage, installLines } from "./install-lines.ts";
import { candidatesFor, libraryFolders, missingLibraries } from "./libraries.ts";
import type { Workbench } from "./workbench.ts";

/** Raise it when what is unpacked, or how, changes. */
const revision = 2;
const megabytes = 250;
// For one command; a mirror that trickles, or apt waiting for room on the disk, must end at some time.
const aptMilliseconds = 600_000;

/** What the unpacking is for. */
export interface Wanted {
  /** Alternatives: the first one whose packages this system's sources have is taken. */
  packages: string[][];
  /** Where they put their programs, below the root they are unpacked to. */
  folders: (root: string) => string[];
  programs: string[];
}

export interface Unpacked {
  /** Root folder of the unpacked packages: `usr/sbin/haproxy` is below it. */
  root: string;
  /** Environment in which the programs find the libraries unpacked with them. */
  env: Record<string, string>;
}

interface Workshop {
  bench: Workbench;
  /** Holds apt's lists and cache, the packages, and the root they are unpacked to. */
  folder: string;
  root: string;
  wanted: Wanted[];
}

/**
 * Unpacks packages of this Debian or Ubuntu, and the libraries this machine lacks, without root and without
 * installing anything.
 * @throws TOOL_MISSING, DOWNLOAD_FAILED, NO_SPACE
 */
export async function unpackDebianPackages(bench: Workbench, wanted: Wanted[]): Promise<Unpacked> {
  const folder = await obtain(bench, {
    key: `debian/${release()}-${arch()}-${revision}`,
    subject: `unpacking ${subjectOf(wanted)}`,
    megabytes,
    build: (unfinished) => unpackAll({ bench, folder: unfinished, root: join(unfinished, "root"), wanted }),
  });
  const root = join(folder, "root");
  return { root, env: { LD_LIBRARY_PATH: libraryFolders(root).join(":") } };
}

function subjectOf(wanted: Wanted[]): string {
  return wanted.map(({ programs }) => programs[0]).join(", ");
}

function release(): string {
  const path = "/etc/os-release";
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const value = (key: string): string | undefined => new RegExp(`^${key}="?([\\w.-]+)`, "m").exec(text)?.[1];
  // Debian's testing has no version number.
  return `${value("ID") ?? "linux"}-${value("VERSION_ID") ?? value("VERSION_CODENAME") ?? "rolling"}`;
}

async function unpackAll(workshop: Workshop): Promise<void> {
  const { bench, folder, wanted } = workshop;
  for (const tool of ["apt-get", "apt-cache", "dpkg-deb", "ldd"]) {
    if (findAll(bench, tool).length === 0) throw failWithoutApt(tool);
  }
  bench.report(`unpacking ${subjectOf(wanted)} from this system's packages, for this user only`);
  await writeAptSettings(folder);
  const names = await updateLists(workshop);
  await fetchAndUnpack(workshop, names);
  await addMissingLibraries(workshop, await closureOf(workshop, names));
  for (const rest of ["lists", "cache", "packages", "apt.conf"])
    await rm(join(folder, rest), { recursive: true, force: true });
}

async function writeAptSettings(folder: string): Promise<void> {
  for (const each of ["lists/partial", "cache/archives/partial", "packages", "root"]) {
    await mkdir(join(folder, each), { recursive: true });
  }
  const lines = [
    `Dir::State::Lists "${folder}/lists";`,
    `Dir::Cache "${folder}/cache";`,
    `Debug::NoLocking "1";`,
    // As root apt would hand downloads to a user that cannot enter this folder.
    `APT::Sandbox::User "root";`,
    `Acquire::Languages "none";`,
    // Hooks belong to the system's own lists: they clean its cache and tell its desktop.
    `#clear APT::Update::Pre-Invoke;`,
    `#clear APT::Update::Post-Invoke;`,
    `#clear APT::Update::Post-Invoke-Success;`,
  ];
  await writeFile(join(folder, "apt.conf"), lines.join("\n"));
}

// A foreign source that is out of order makes the update fail and does not matter, while an update without any
// network "succeeds": what counts is whether our packages are known afterwards.
async function updateLists(workshop: Workshop): Promise<string[]> {
  let chosen: string[] = [];
  await download(workshop.bench, {
    what: "package lists",
    from: "this system's apt sources",
    attempt: async () => {
      const { output } = await apt(workshop, {
        args: ["apt-get", "update"],
        doing: "downloading package lists",
      });
      const choices = await Promise.all(workshop.wanted.map((each) => choose(workshop, each)));
      chosen = choices.flatMap(({ names }) => names);
      const unknown = choices.flatMap((choice) => choice.unknown);
      const lists = (await readdir(join(workshop.folder, "lists"))).filter((name) =>
        /_Packages(\.\w+)?$/.test(name),
      );
      if (unknown.length > 0 && lists.length > 0) throw failWithoutPackage(unknown);
      return { ok: unknown.length === 0, output };
    },
  });
  return chosen;
}

/** The first alternative that is known as a whole, else the first one and what is unknown of it. */
async function choose(
  workshop: Workshop,
  { packages }: Wanted,
): Promise<{ names: string[]; unknown: string[] }> {
  const choices = await Promise.all(
    packages.map(async (names) => ({ names, unknown: await unknownPackages(workshop, names) })),
  );
  return choices.find(({ unknown }) => unknown.length === 0) ?? choices[0] ?? { names: [], unknown: [] };
}

async function unknownPackages(workshop: Workshop, names: string[]): Promise<string[]> {
  const known = await Promise.all(names.map((name) => apt(workshop, { args: ["apt-cache", "show", name] })));
  return names.filter((_, index) => !known[index]?.ok);
}

async function closureOf(workshop: Workshop, names: string[]): Promise<string[]> {
  const without = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
    (kind) => `--no-${kind}`,
  );
  const { output } = await apt(workshop, {
    args: ["apt-cache", "depends", "--recurse", ...without, ...names],
  });
  // Dependencies are indented, virtual packages are in angle brackets: what is left are packages.
  return output.split("\n").filter((line) => /^[a-z0-9]/.test(line));
}

async function fetchAndUnpack(workshop: Workshop, names: string[]): Promise<void> {
  const { bench, folder, root } = workshop;
  const packages = join(folder, "packages");
  await download(bench, {
    what: `packages ${names.join(", ")}`,
    from: "this system's apt sources",
    attempt: () => apt(workshop, { args: ["apt-get", "download", ...names], doing: "downloading packages" }),
  });
  for (const name of await readdir(packages)) {
    const outcome = await run(bench, { program: "dpkg-deb", args: ["-x", join(packages, name), root] });
    if (!outcome.ok) throw new Error(outcome.output);
    await rm(join(packages, name));
  }
}

// Packages are guessed by the names of missing libraries first; where a guess does not help, all libraries the
// programs depend on are taken.
async function addMissingLibraries(workshop: Workshop, closure: string[]): Promise<void> {
  const paths = workshop.wanted.flatMap(({ folders, programs }) =>
    folders(workshop.root).flatMap((folder) => programs.map((name) => join(folder, name))),
  );
  const fetched = new Set<string>();
  for (;;) {
    const missing = await missingLibraries(workshop.bench, workshop.root, paths);
    if (missing.length === 0) return;
    const next = candidatesFor(missing, closure).filter((name) => !fetched.has(name));
    if (next.length === 0) throw lacksLibraries(missing);
    await fetchAndUnpack(workshop, next);
    for (const name of next) fetched.add(name);
  }
}

function lacksLibraries(missing: string[]): FailoverError {
  return new FailoverError("TOOL_MISSING", {
    problems: `No package of this system brings ${missing.join(", ")}.`,
    fix: installLines["Debian, Ubuntu"],
  });
}

function apt(workshop: Workshop, { args, doing }: { args: string[]; doing?: string }): Promise<Outcome> {
  const [program = "", command = "", ...rest] = args;
  return run(workshop.bench, {
    program,
    args: [`-c=${join(workshop.folder, "apt.conf")}`, command, ...rest],
    cwd: join(workshop.folder, "packages"),
    env: { LC_ALL: "C" },
    ...(doing ? { doing } : {}),
    milliseconds: aptMilliseconds,
  });
}
