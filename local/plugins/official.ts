import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { isExecutable } from "../toolchain/find.ts";
import { isLauncher } from "./launcher.ts";

const run = promisify(execFile);

/** Version of a provider's plugin that the package in use asks for. */
export function pinnedVersion(plugin: string): string {
  const { version } = createRequire(import.meta.url)(`@pulumi/${plugin}/package.json`) as { version: string };
  return version;
}

/**
 * The vendor's own plugin at the pinned version, in the user's plugin folder or on PATH.
 * @returns its path, or undefined when there is none or only another version
 */
export async function findOfficialPlugin(
  plugin: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const version = pinnedVersion(plugin);
  const name = `pulumi-resource-${plugin}`;
  const home = env["PULUMI_HOME"] ?? join(env["HOME"] ?? "", ".pulumi");
  const installed = join(home, "plugins", `resource-${plugin}-v${version}`, name);
  if (isExecutable(installed)) return installed;
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(folder, name);
    if (!isExecutable(candidate) || isLauncher(candidate)) continue;
    if ((await versionOf(candidate)) === version) return candidate;
  }
  return undefined;
}

/** Bridged plugins print their version for `--version`; others tell it to an engine. */
async function versionOf(path: string): Promise<string | undefined> {
  const printed = await printedVersion(path);
  return printed ?? (await import("./plugin-info.ts")).askVersion(path);
}

async function printedVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ["--version"], { timeout: 2000 });
    return /^v?(\d+\.\d+\S*)$/.exec(stdout.trim())?.[1];
  } catch {
    return undefined; // Not answering is an answer: this plugin does not know the option.
  }
}
