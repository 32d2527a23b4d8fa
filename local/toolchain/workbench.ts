import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { postgresFolders } from "./postgres-folders.ts";

/** What every step of the preparation needs: where to look, where to keep, whom to tell. */
export interface Workbench {
  env: NodeJS.ProcessEnv;
  /** Folders beyond PATH, for programs that are often installed without being on an ordinary user's PATH. */
  beyondPath: string[];
  /** The user's own folder for everything that is built or unpacked; shared by all clones. */
  cache: string;
  /** Progress for people, one line at a time. */
  report: (line: string) => void;
  /** Aborted when somebody wants to stop: what is under way is ended, and nothing more is begun. */
  signal: AbortSignal;
}

// Daemons live in sbin folders; Go's own installer leaves PATH to the user; PostgreSQL is kept by version.
const beyondPath = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/go/bin", ...postgresFolders("/")];

export function openWorkbench(
  env: NodeJS.ProcessEnv,
  report: (line: string) => void,
  signal: AbortSignal = new AbortController().signal,
): Workbench {
  return { env, beyondPath, cache: cacheFolder(env), report, signal };
}

/** The user's own folder for what is built, unpacked or compiled; shared by all clones. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  // The XDG specification tells programs to ignore relative paths.
  const given = env["XDG_CACHE_HOME"];
  const base = given && isAbsolute(given) ? given : join(env["HOME"] || homedir(), ".cache");
  return join(base, "failover-stacks");
}
