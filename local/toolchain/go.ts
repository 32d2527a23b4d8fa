import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { download, keepLog, lastLines, run, type Command, type Outcome } from "./command.ts";
import { findAll } from "./find.ts";
import { asNoSpace, failOnFullDisk } from "./space.ts";
import { atLeast, versionIn } from "./version.ts";
import type { Workbench } from "./workbench.ts";

/** The Go module that pins the engine and holds our language host. */
export const moduleFolder = join(import.meta.dirname, "..");

// Go settings of the user that would make another program, or none, of the same sources.
const settings = {
  // A toolchain is never fetched behind the user's back: an old Go is refused by name instead.
  GOTOOLCHAIN: "local",
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
  GOOS: undefined,
  GOARCH: undefined,
  CGO_ENABLED: "0",
};

export interface Go {
  bench: Workbench;
  program: string;
  env: Record<string, string | undefined>;
}

/** Finds a Go that can build the module. @throws TOOL_MISSING */
export async function findGo(bench: Workbench, wanted: string): Promise<Go> {
  const needed = /^go (\S+)$/m.exec(readFileSync(join(moduleFolder, "go.mod"), "utf8"))?.[1] ?? "";
  const found: string[] = [];
  for (const program of findAll(bench, "go", bench.beyondPath)) {
    const env = { ...settings, ...usableCaches(bench) };
    const { output } = await run(bench, { program, args: ["version"], env });
    const version = versionIn(output, /go(\d+\.\d+(?:\.\d+)?)/);
    if (version && atLeast(version, needed)) return { bench, program, env };
    found.push(`${program} is ${version ?? "unusable"}`);
  }
  throw new FailoverError("TOOL_MISSING", {
    problems: [
      `${wanted} is not on PATH, and building it needs Go ${needed} or newer: ${found.join(", ") || "no go found"}.`,
      "A newer Go is not downloaded on its own (GOTOOLCHAIN=local).",
    ],
    fix: `install Pulumi (https://www.pulumi.com/docs/install/) or Go ${needed} (https://go.dev/dl/) and start again`,
  });
}

// Go's own caches are the user's, as everywhere. Without a usable home Go has none and stops.
function usableCaches({ env, cache }: Workbench): Record<string, string> {
  try {
    accessSync(env["HOME"] ?? "", constants.W_OK);
    return {};
  } catch {
    const caches = { GOCACHE: join(cache, "go-build"), GOMODCACHE: join(cache, "go-mod") };
    for (const folder of Object.values(caches)) mkdirSync(folder, { recursive: true });
    return caches;
  }
}

export interface GoBuild {
  /** Package to build, by import path or relative to the module. */
  source: string;
  output: string;
  name: string;
  /** Room that Go's caches need for it when they are empty. */
  cacheMegabytes: number;
  /** Linker flags beside the stripping of symbols. */
  linkerFlags?: string;
}

/**
 * Downloads what a program imports, then builds it: only the first is worth a second try.
 * @throws DOWNLOAD_FAILED, BUILD_FAILED, NO_SPACE
 */
export async function build(go: Go, target: GoBuild): Promise<void> {
  try {
    await fetchModules(go, target);
    await compile(go, target);
  } catch (error) {
    throw asNoSpace(error, { folder: await cacheOf(go), megabytes: target.cacheMegabytes }) ?? error;
  }
}

async function fetchModules(go: Go, { source, name }: GoBuild): Promise<void> {
  await download(go.bench, {
    what: `Go modules for ${name}`,
    from: "the Go module proxy",
    // Not "go mod download": that fetches what nothing here imports, too, and fails where only that is missing.
    attempt: () =>
      runGo(go, {
        args: ["list", "-deps", "-f", '{{""}}', source],
        doing: `downloading Go modules for ${name}`,
      }),
  });
}

async function compile(go: Go, { source, output, name, linkerFlags = "" }: GoBuild): Promise<void> {
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", `-s -w ${linkerFlags}`.trim()];
  const outcome = await runGo(go, {
    args: ["build", ...flags, "-o", output, source],
    doing: `building ${name}`,
  });
  if (outcome.ok) return;
  failOnFullDisk(outcome.output);
  throw new FailoverError("BUILD_FAILED", {
    problems: [`go build of ${name} failed.`, ...lastLines(outcome.output)],
    where: keepLog(go.bench, `build-${name}`, outcome.output),
    fix: "read the log; where memory ran out, close other programs and start again",
  });
}

async function cacheOf(go: Go): Promise<string> {
  const { output } = await runGo(go, { args: ["env", "GOCACHE"] });
  return output.trim();
}

function runGo(go: Go, command: Omit<Command, "program">): Promise<Outcome> {
  return run(go.bench, { ...command, program: go.program, cwd: moduleFolder, env: go.env });
}
