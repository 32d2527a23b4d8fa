import { prepareEngine, type Engine } from "./engine.ts";
import { preparePrograms, type Programs } from "./programs.ts";
import { openWorkbench } from "./workbench.ts";

/** Every program a drill starts, each with the version it answered. */
export interface Toolchain extends Engine, Programs {
  /** Node.js 24 or newer, which runs TypeScript itself: the one this process runs on. */
  node: string;
}

/**
 * Finds the engine and the plant's programs, and builds or unpacks into the user's cache what is missing. Nothing is
 * installed system-wide. Minutes the first time, well under a second from then on.
 * @throws TOOL_MISSING, DOWNLOAD_FAILED, BUILD_FAILED, NO_SPACE, NOT_WRITABLE, INTERRUPTED
 */
export async function prepareToolchain(
  report: (line: string) => void,
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<Toolchain> {
  const bench = openWorkbench(env, report, signal);
  const programs = await preparePrograms(bench);
  const engine = await prepareEngine(bench);
  return { ...engine, ...programs, node: process.execPath };
}
