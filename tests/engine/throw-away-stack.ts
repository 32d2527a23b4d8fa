import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type EngineEvent, LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import type { ExecutionContext } from "ava";
import { writeLauncher } from "../../local/plugins/launcher.ts";
import { prepareToolchain } from "../../local/toolchain/prepare.ts";
import { openAzure, type TestCloud } from "../local/cloud/azure/azure-fixture.ts";
import { armEnvironment } from "../local/plugins/azure-native/plugin-fixture.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A stack of the real engine in a local Azure of its own. */
export interface ThrowAway {
  cloud: TestCloud;
  /** What the engine would do, step by step: `delete-replaced Database database`. */
  plan(program: () => void): Promise<string[]>;
  up(program: () => void): Promise<string[]>;
  /** Writes that Azure was sent since the last time this was asked: `DELETE databases/saas`. */
  writes(): string[];
}

export async function throwAwayStack(t: ExecutionContext): Promise<ThrowAway> {
  t.timeout(300_000, "updates by the real engine");
  const cloud = await openAzure(t);
  const stack = await openStack(t, cloud);
  const steps = async (act: "preview" | "up", program: () => void): Promise<string[]> => {
    const told: string[] = [];
    stack.workspace.program = async () => program();
    await stack[act]({ onEvent: (event) => told.push(...stepOf(event)) });
    return told;
  };
  let sinceMs = 0;
  return {
    cloud,
    plan: (program) => steps("preview", program),
    up: (program) => steps("up", program),
    writes() {
      const requests = cloud.azure.listeners.arm.requests("resources", sinceMs);
      sinceMs = Number(process.hrtime.bigint()) / 1e6;
      return requests
        .filter(({ method }) => method !== "GET")
        .map(({ method, path }) => `${method} ${path.split("/").slice(-2).join("/")}`);
    },
  };
}

async function openStack(t: ExecutionContext, cloud: TestCloud) {
  const { pulumi } = await prepareToolchain((line) => t.log(line));
  const folder = temporaryFolder();
  const bin = join(folder, "bin");
  for (const name of ["bin", "state", "work"]) mkdirSync(join(folder, name));
  symlinkSync(pulumi.path, join(bin, "pulumi"));
  writeLauncher({ plugin: "azure-native", folder: bin, node: process.execPath });
  return LocalWorkspace.createOrSelectStack(
    { stackName: "throw-away", projectName: "replacement", program: async () => {} },
    {
      workDir: join(folder, "work"),
      pulumiHome: join(folder, "home"),
      pulumiCommand: await PulumiCommand.get({ root: folder, skipVersionCheck: true }),
      envVars: {
        ...armEnvironment(cloud),
        PATH: `${bin}:/usr/bin:/bin`,
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    },
  );
}

function stepOf({ resourcePreEvent }: EngineEvent): string[] {
  if (!resourcePreEvent) return [];
  const { op, urn, type } = resourcePreEvent.metadata;
  const isOurs = type.startsWith("azure-native:") && op !== "same";
  return isOurs ? [`${op} ${type.split(":").at(-1)} ${urn.split("::").at(-1)}`] : [];
}
