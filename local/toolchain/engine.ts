import { createHash } from "node:crypto";
import { copyFileSync, linkSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { FailoverError } from "../../infra/errors.ts";
import { obtain } from "./artefact.ts";
import { run } from "./command.ts";
import { findAll } from "./find.ts";
import { build, findGo, moduleFolder } from "./go.ts";
import { atLeast, versionIn } from "./version.ts";
import type { Workbench } from "./workbench.ts";

// Below it `pulumi up` lacks options the engine is driven with.
const oldestPulumi = "3.250";
const hostName = "pulumi-language-nodejs";
const hostSource = "plugins/language-nodejs";
const modulePath = "github.com/pulumi/pulumi";

// Measured. Go's caches are the user's and may be elsewhere: module sources, compiled packages, the linker's files.
const megabytes = { pulumi: 130, pulumiInGoCaches: 3_500, host: 20, hostInGoCaches: 1_000 };

export interface Engine {
  pulumi: { path: string; version: string; origin: "PATH" | "cache" };
  /** The path is null for the official host: pulumi finds it beside itself or on PATH. */
  languageHost: { path: string | null; origin: "official" | "ours" };
}

/**
 * The Pulumi CLI and its Node.js language host: the installed ones, else built once per user.
 * @throws TOOL_MISSING, DOWNLOAD_FAILED, BUILD_FAILED, NO_SPACE
 */
export async function prepareEngine(bench: Workbench): Promise<Engine> {
  const installed = await findPulumi(bench);
  if (findOfficialHost(bench, installed?.path)) {
    const pulumi = installed ?? (await buildPulumi(bench));
    return { pulumi, languageHost: { path: null, origin: "official" } };
  }
  const pulumi = installed ?? (await buildPulumi(bench));
  const folder = await buildHost(bench, pulumi);
  return {
    pulumi: installed ?? { ...pulumi, path: join(folder, "pulumi") },
    languageHost: { path: join(folder, hostName), origin: "ours" },
  };
}

async function findPulumi(bench: Workbench): Promise<Engine["pulumi"] | undefined> {
  const path = findAll(bench, "pulumi")[0];
  if (!path) return undefined;
  const { output } = await run(bench, {
    program: path,
    args: ["version"],
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const version = versionIn(output, /^v?(\d+\.\d+\.\d+)/m);
  if (version && atLeast(version, oldestPulumi)) return { path, version, origin: "PATH" };
  throw new FailoverError("TOOL_MISSING", {
    problems: `pulumi on PATH is ${version ?? "of no version it can tell"}; ${oldestPulumi} or newer is needed.`,
    where: path,
    fix: "update it (https://www.pulumi.com/docs/install/), or take it off PATH: one is then built for you",
  });
}

function findOfficialHost(bench: Workbench, pulumi: string | undefined): boolean {
  const beside = pulumi ? [dirname(realpathSync(pulumi))] : [];
  return findAll(bench, hostName, beside).length > 0;
}

async function buildPulumi(bench: Workbench): Promise<Engine["pulumi"]> {
  const version = pinnedVersion();
  const name = `pulumi ${version}`;
  const folder = await obtain(bench, {
    key: `pulumi/${version}-${hashOf(moduleFiles())}`,
    subject: `building ${name}`,
    megabytes: megabytes.pulumi,
    build: async (unfinished) => {
      const go = await findGo(bench, "pulumi");
      bench.report(`building ${name} from source, once for this user: about 3 minutes on two free cores`);
      await build(go, {
        source: `${modulePath}/pkg/v3/cmd/pulumi`,
        output: join(unfinished, "pulumi"),
        name,
        cacheMegabytes: megabytes.pulumiInGoCaches,
        // Without it the CLI reports no version and the SDK's automation API refuses it.
        linkerFlags: `-X ${modulePath}/sdk/v3/go/common/version.Version=${version}`,
      });
    },
  });
  return { path: join(folder, "pulumi"), version, origin: "cache" };
}

// A pulumi that has its host beside itself takes it for the bundled one; for a host that it finds on PATH it prints
// a warning, three times per update. So a pulumi of ours is linked into the host's folder.
async function buildHost(bench: Workbench, pulumi: Engine["pulumi"]): Promise<string> {
  const ours = pulumi.origin === "cache";
  return obtain(bench, {
    key: `language-nodejs/${hashOf([...moduleFiles(), ...hostFiles()])}-${ours ? pulumi.version : "alone"}`,
    subject: "building the Node.js language host",
    megabytes: megabytes.host,
    build: async (unfinished) => {
      const go = await findGo(bench, hostName);
      bench.report("building the Node.js language host");
      await build(go, {
        source: `./${hostSource}`,
        output: join(unfinished, hostName),
        name: hostName,
        cacheMegabytes: megabytes.hostInGoCaches,
      });
      if (ours) linkOrCopy(pulumi.path, join(unfinished, "pulumi"));
    },
  });
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Not every file system has hard links; a copy differs only in size, and fails where space is short.
    copyFileSync(from, to);
  }
}

function pinnedVersion(): string {
  const version = versionIn(readFileSync(join(moduleFolder, "go.mod"), "utf8"), /pulumi\/pkg\/v3 v(\S+)/);
  if (!version) throw new Error(`${moduleFolder}/go.mod pins no ${modulePath}/pkg/v3`);
  return version;
}

function moduleFiles(): string[] {
  return ["go.mod", "go.sum"].map((name) => join(moduleFolder, name));
}

function hostFiles(): string[] {
  const folder = join(moduleFolder, hostSource);
  const names = readdirSync(folder).filter((name) => name.endsWith(".go"));
  return names.toSorted().map((name) => join(folder, name));
}

function hashOf(files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 12);
}
