import { readFileSync } from "node:fs";
import type { MachineFile } from "./cloud-config.ts";
import { stripTypes } from "./strip-types.ts";

export type ProgramName = "api-server" | "load-balancer-agent" | "worker";

const folder = "/opt/failover";

/** A program as JavaScript with its modules and everything that `npm ci` needs beside it. */
export function programFiles(name: ProgramName): MachineFile[] {
  const modules = new Map<string, string>();
  collectModules(name, modules);
  return [
    ...[...modules].map(([module, content]) => ({ path: `${folder}/${module}.mjs`, content })),
    { path: `${folder}/package.json`, content: read("package.json") },
    { path: `${folder}/package-lock.json`, content: compactLock(read("package-lock.json")) },
  ];
}

/** A script of the machines, as it stands in programs/. */
export function readScript(name: string): string {
  return read(`programs/${name}`);
}

function collectModules(name: string, found: Map<string, string>): void {
  if (found.has(name)) return;
  const script = toJavaScript(read(`programs/${name}.ts`));
  found.set(name, script);
  for (const [, imported = ""] of script.matchAll(/(?:from |import\()"\.\/([^"]+)\.mjs"/g)) {
    collectModules(imported, found);
  }
}

/**
 * Types become blanks, so that a stack trace of a machine names the line of the source.
 * Blanks at the end of a line go: customData has a limit.
 */
function toJavaScript(source: string): string {
  return stripTypes(source)
    .replaceAll(/(from |import\()"(\.\/[^"]+)\.ts"/g, '$1"$2.mjs"')
    .replaceAll(/[ \t]+$/gm, "");
}

/** The same lock without what npm does not read: a third of the size. */
function compactLock(text: string): string {
  const lock = JSON.parse(text) as { packages: Record<string, Record<string, unknown>> };
  for (const entry of Object.values(lock.packages)) {
    for (const key of ["license", "funding", "engines"]) delete entry[key];
  }
  return `${JSON.stringify(lock)}\n`;
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}
