import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeAtomically } from "./atomic-file.ts";
import { parseSettings, type Settings } from "./settings-document.ts";

/** The last good settings of an earlier run; null when there are none. */
export function loadSettings(folder: string): Settings | null {
  const file = fileIn(folder);
  return existsSync(file) ? parseSettings(readFileSync(file, "utf8")) : null;
}

export function saveSettings(folder: string, settings: Settings): void {
  writeAtomically(fileIn(folder), `${JSON.stringify(settings, null, 2)}\n`);
}

function fileIn(folder: string): string {
  return path.join(folder, "settings.json");
}
