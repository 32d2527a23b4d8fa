import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Where Debian keeps PostgreSQL's server programs: in a folder for each version, the newest first. */
export function postgresFolders(root: string): string[] {
  const folder = join(root, "usr/lib/postgresql");
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder).toSorted((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(folder, version, "bin"));
}
