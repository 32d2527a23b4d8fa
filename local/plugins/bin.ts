import { mkdir, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { Toolchain } from "../toolchain/prepare.ts";
import { writeLauncher } from "./launcher.ts";
import { isExecutable } from "../toolchain/find.ts";
import { findOfficialPlugin, pinnedVersion } from "./official.ts";

/** Providers that the stacks use. */
const plugins = ["cloudflare", "azure-native", "command"] as const;

export interface Bin {
  /** To stand first on PATH: pulumi, node, language host, and the stand-ins that are needed. */
  folder: string;
  pulumiHome: string;
  /** "official x.y.z" or "stand-in", by plugin. */
  plugins: Record<string, string>;
}

/**
 * Makes the folder that a run's `pulumi` finds its programs in. A vendor's plugin at the pinned version is
 * linked into the run's PULUMI_HOME and its stand-in left out.
 */
export async function prepareBin(runFolder: string, toolchain: Toolchain): Promise<Bin> {
  const folder = join(runFolder, "bin");
  const pulumiHome = join(runFolder, "pulumi-home");
  await mkdir(folder);
  await symlink(toolchain.pulumi.path, join(folder, "pulumi"));
  await symlink(toolchain.node, join(folder, "node"));
  const host = toolchain.languageHost.path ?? hostOnPath();
  if (host) await symlink(host, join(folder, "pulumi-language-nodejs"));
  const used: Record<string, string> = {};
  for (const plugin of plugins)
    used[plugin] = await providePlugin(plugin, { folder, pulumiHome, node: toolchain.node });
  return { folder, pulumiHome, plugins: used };
}

async function providePlugin(
  plugin: string,
  to: { folder: string; pulumiHome: string; node: string },
): Promise<string> {
  const official = await findOfficialPlugin(plugin, process.env);
  if (!official) {
    writeLauncher({ plugin, folder: to.folder, node: to.node });
    return "stand-in";
  }
  const version = pinnedVersion(plugin);
  const place = join(to.pulumiHome, "plugins", `resource-${plugin}-v${version}`, `pulumi-resource-${plugin}`);
  await mkdir(dirname(place), { recursive: true });
  await symlink(official, place);
  return `official ${version}`;
}

/** An official host that is neither ours nor beside `pulumi`; the engine looks on PATH for it. */
function hostOnPath(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "pulumi-language-nodejs");
    if (isExecutable(path)) return path;
  }
  return undefined;
}
