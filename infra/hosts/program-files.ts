import { readFileSync } from "node:fs";
import type { MachineFile } from "./cloud-config.ts";
import { type Lock, lockFor, type Manifest } from "./npm-lock.ts";
import { stripTypes } from "./strip-types.ts";

export type ProgramName = "api-server" | "load-balancer-agent" | "worker";

const folder = "/opt/failover";
const imports = /(?:from |import\()"([^"]+)"/g;

/** A program as JavaScript with its modules and everything that `npm ci` needs beside it. */
export function programFiles(name: ProgramName): MachineFile[] {
  const modules = new Map<string, string>();
  collectModules(name, modules);
  const { manifest, lock } = lockFor(packagesOf(modules), {
    manifest: JSON.parse(read("package.json")) as Manifest,
    lock: JSON.parse(read("package-lock.json")) as Lock,
  });
  return [
    ...[...modules].map(([module, content]) => ({ path: `${folder}/${module}.mjs`, content })),
    { path: `${folder}/package.json`, content: `${JSON.stringify(manifest)}\n` },
    { path: `${folder}/package-lock.json`, content: `${JSON.stringify(lock)}\n` },
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
  for (const imported of importsOf(script)) {
    const [, module] = /^\.\/(.+)\.mjs$/.exec(imported) ?? [];
    if (module !== undefined) collectModules(module, found);
  }
}

function packagesOf(modules: ReadonlyMap<string, string>): string[] {
  const all = [...modules.values()].flatMap((script) => importsOf(script));
  return [...new Set(all)].filter((specifier) => !/^(?:\.|node:)/.test(specifier));
}

function importsOf(script: string): string[] {
  return [...script.matchAll(imports)].map(([, specifier = ""]) => specifier);
}

/**
 * Types and lines of comment become blanks, so that a stack trace of a machine names the line of the source.
 * Blanks at the end of a line go: customData has a limit.
 */
function toJavaScript(source: string): string {
  return stripTypes(source)
    .replaceAll(/(from |import\()"(\.\/[^"]+)\.ts"/g, '$1"$2.mjs"')
    .replaceAll(/^[ \t]*(?:\/\/|\/\*\*|\*).*$/gm, "")
    .replaceAll(/[ \t]+$/gm, "");
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}
