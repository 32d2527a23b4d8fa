import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ProvisioningFailure } from "./provisioning-failure.ts";

/** What of a package-lock.json counts here. */
interface Lock {
  packages?: Record<
    string,
    { version?: string; dependencies?: Record<string, string>; dev?: boolean; optional?: boolean }
  >;
}

const project = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * In the place of `npm ci`, which would need the network: links the packages of the lock to those of
 * this project, which are the same versions from the same registry, or refuses.
 * @throws ProvisioningFailure naming each package whose locked version is not here
 */
export function linkPackages(folder: string, from = project): void {
  const { packages = {} } = readJson(folder, "package-lock.json") as Lock;
  const manifest = readJson(folder, "package.json") as { dependencies?: object };
  const { "": root = {}, ...locked } = packages;
  assertInSync(manifest.dependencies, root.dependencies);
  const needed = Object.entries(locked).filter(([, { dev = false, optional = false }]) => !dev && !optional);
  const strangers = needed
    .map(([place, { version }]) => ({ place, version, here: versionAt(path.join(from, place)) }))
    .filter(({ version, here }) => version !== here);
  if (strangers.length > 0) {
    const list = strangers.map(({ place, version, here }) => `${place} ${version} (here: ${here ?? "none"})`);
    throw new ProvisioningFailure(
      `npm ci: the lock names what this project does not have: ${list.join(", ")}`,
    );
  }
  for (const [place] of needed) link(path.join(from, place), path.join(folder, place));
}

function link(target: string, place: string): void {
  // One inside another package came along with that package's own link.
  if (existsSync(place)) return;
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(target, place);
}

/** @throws ProvisioningFailure as npm does, whose `ci` never resolves anything by itself */
function assertInSync(wanted: object | undefined, locked: object | undefined): void {
  if (JSON.stringify(wanted ?? {}) === JSON.stringify(locked ?? {})) return;
  throw new ProvisioningFailure("npm ci: package.json and package-lock.json are not in sync");
}

function versionAt(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { version?: string })
      .version;
  } catch {
    // Not installed: the caller says which, and what was wanted.
    return undefined;
  }
}

function readJson(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(path.join(folder, name), "utf8"));
  } catch (error) {
    throw new ProvisioningFailure(`npm ci: ${name} is missing or no JSON`, { cause: error });
  }
}
