import { chmodSync, closeSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LauncherSettings {
  /** Of a folder here with a main.ts: "cloudflare", "azure-native", "command". */
  plugin: string;
  /** A folder of this run, first on the engine's PATH. */
  folder: string;
  /** The Node that runs the plugin, ≥ 24. */
  node: string;
}

const opening = "#!/bin/sh\n# stand-in of failover-stacks\n";

/** Whether a program is one of ours: a shell of `npm run local` has them on PATH, and they answer as the real ones. */
export function isLauncher(path: string): boolean {
  const start = Buffer.alloc(opening.length);
  const file = openSync(path, "r");
  readSync(file, start);
  closeSync(file);
  return start.toString() === opening;
}

/**
 * Writes the executable `pulumi-resource-<plugin>` that starts the stand-in.
 * @returns its path.
 */
export function writeLauncher({ plugin, folder, node }: LauncherSettings): string {
  const main = fileURLToPath(new URL(`${plugin}/main.ts`, import.meta.url));
  const file = join(folder, `pulumi-resource-${plugin}`);
  mkdirSync(folder, { recursive: true });
  const command = `exec ${quote(node)} --disable-warning=ExperimentalWarning ${quote(main)} "$@"`;
  writeFileSync(file, `${opening}${command}\n`);
  chmodSync(file, 0o755);
  return file;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
