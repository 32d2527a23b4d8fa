import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, sep } from "node:path";
import type { Workbench } from "./workbench.ts";

/**
 * Absolute paths of a program, in the order of PATH and then of `furtherFolders`. What we have built ourselves does
 * not count as found: a shell that has a local plant's PATH must prepare the same tools as any other.
 */
export function findAll(bench: Workbench, program: string, furtherFolders: string[] = []): string[] {
  const folders = [...(bench.env["PATH"] ?? "").split(delimiter), ...furtherFolders];
  const paths = folders.filter((folder) => isAbsolute(folder)).map((folder) => join(folder, program));
  return [...new Set(paths)].filter((path) => isExecutable(path) && !isOurs(bench, path));
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Missing, unreadable, or a dangling link: in each case there is nothing to run.
    return false;
  }
}

function isOurs(bench: Workbench, path: string): boolean {
  return [path, realpathSync(path)].some((each) => each.startsWith(bench.cache + sep));
}
