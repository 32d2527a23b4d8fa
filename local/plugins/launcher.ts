import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LauncherSettings {
  /** A folder of this run, first on the engine's PATH. */
  folder: string;
  /** The Node that runs the plugin, ≥ 24. */
  node: string;
}

/**
 * Writes the executable `pulumi-resource-cloudflare` that starts the stand-in plugin.
 * @returns its path.
 */
export function writeLauncher({ folder, node }: LauncherSettings): string {
  const main = fileURLToPath(new URL("cloudflare/main.ts", import.meta.url));
  const file = join(folder, "pulumi-resource-cloudflare");
  mkdirSync(folder, { recursive: true });
  const command = `exec ${quote(node)} --disable-warning=ExperimentalWarning ${quote(main)} "$@"`;
  writeFileSync(file, `#!/bin/sh\n${command}\n`);
  chmodSync(file, 0o755);
  return file;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
