import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let root: string | undefined;

/** An empty folder. It goes when this process of tests ends, so that helpers need no test at hand to ask for one. */
export function temporaryFolder(): string {
  root ??= newRoot();
  return mkdtempSync(join(root, "folder-"));
}

function newRoot(): string {
  // What a program prints of its working directory has no symbolic link in it.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "failover-tests-")));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
