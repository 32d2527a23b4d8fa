import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { FailoverError } from "../infra/errors.ts";
import { border, type Invocation } from "./border.ts";

const project = join(import.meta.dirname, "..");
const usage = "npm run test:browser -- [--report FILE] [--screenshots FOLDER]";
const names = ["chromium", "chromium-browser", "google-chrome"];

/** `npm run test:browser`: looks at the drill's report in a real browser, on a small and on a usual screen. */
async function testBrowserVerb({ args, signal }: Invocation): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { report: { type: "string" }, screenshots: { type: "string" } },
  });
  const chromium = findChromium();
  const screenshots = resolve(values.screenshots ?? join(project, "reports", "browser"));
  const { exitCode = 1 } = await execa("ava", ["--config", "ava.browser.config.js"], {
    cwd: project,
    preferLocal: true,
    reject: false,
    cancelSignal: signal,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    env: {
      FAILOVER_CHROMIUM: chromium,
      FAILOVER_SCREENSHOTS: screenshots,
      ...(values.report === undefined ? {} : { FAILOVER_REPORT: resolve(values.report) }),
    },
  });
  console.log(`looked at in ${chromium}; pictures in ${screenshots}`);
  return exitCode === 0 ? 0 : 1;
}

/** The one that FAILOVER_CHROMIUM names, else the first on PATH. */
function findChromium(): string {
  const named = process.env["FAILOVER_CHROMIUM"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const all = named ? [named] : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = all.find((path) => isExecutable(path));
  if (found) return found;
  throw new FailoverError("TOOL_MISSING", {
    problems: named
      ? `FAILOVER_CHROMIUM names ${named}, which cannot be run.`
      : `there is no Chromium: none of ${names.join(", ")} is on PATH, and FAILOVER_CHROMIUM names none.`,
    fix: "install it (Debian, Ubuntu: sudo apt-get install chromium), or FAILOVER_CHROMIUM=/path/to/it npm run test:browser",
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // That it cannot be run is all there is to say.
  }
}

await border(usage, testBrowserVerb);
