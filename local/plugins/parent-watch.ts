import { fstatSync } from "node:fs";

const pollMs = 500;

/**
 * Ends this process when the engine that started it is gone, so that no plugin outlives a killed `pulumi up`.
 * The engine holds the other end of stdin; where stdin is something else, the parent's id tells.
 */
export function exitWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, pollMs).unref();
  const stdin = fstatSync(0, { throwIfNoEntry: false });
  if (!stdin?.isFIFO() && !stdin?.isSocket()) return;
  process.stdin.once("close", () => process.exit(0)).resume();
}
