// Before everything that loads the SDK.
import "./lean-sdk.ts";
import { getStack, log, RunError, runtime } from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { type PrimarySettings, readSettings, type Settings } from "./config.ts";
import { FailoverError } from "./errors.ts";
import { dropVersionAliases } from "./version-aliases.ts";

/** Each stack loads its own half: what the other one needs would cost every recovery its load time. */
async function deploy(): Promise<Record<string, unknown>> {
  const secretKeys = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  const config = allConfig() as Record<string, string>;
  const input = { config, secretKeys, env: process.env };
  runtime.registerStackTransformation(dropVersionAliases);
  if (getStack() === "primary") {
    const settings = readSettings({ ...input, stack: "primary" });
    const [{ primaryStack }, { readSecrets }] = await Promise.all([
      import("./primary.ts"),
      import("./secrets.ts"),
    ]);
    const secrets = readSecrets(process.env);
    await announce(settings);
    return primaryStack(settings, secrets);
  }
  const settings = readSettings({ ...input, stack: getStack() }) as Settings;
  await announce(settings);
  const { failoverStack } = await import("./failover.ts");
  return failoverStack(settings);
}

/** Before the first resource: a person who is in the wrong subscription sees it here. */
async function announce({ plant, subscription, zone, regions }: Settings | PrimarySettings): Promise<void> {
  if (plant !== "azure") return;
  await log.info(
    `plant azure: subscription ${subscription}, zone ${zone.name} (${zone.id}), regions ${regions.primary} and ${regions.secondary}`,
  );
}

async function deployOrExplain(): Promise<Record<string, unknown>> {
  try {
    return await deploy();
  } catch (error) {
    // Pulumi prints a RunError without a stack trace; every other error is a defect and keeps its own.
    if (error instanceof FailoverError) throw new RunError(error.message);
    throw error;
  }
}

// The default export is the stack's outputs, which are not the same for both stacks.
export default await deployOrExplain();
