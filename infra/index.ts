import { getStack, RunError } from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { readSettings } from "./config.ts";
import { FailoverError } from "./errors.ts";
import { failoverStack } from "./failover.ts";

function deploy() {
  try {
    const secretKeys = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
    const config = allConfig() as Record<string, string>;
    return failoverStack(readSettings({ stack: getStack(), config, secretKeys, env: process.env }));
  } catch (error) {
    // Pulumi prints a RunError without a stack trace; every other error is a defect and keeps its own.
    if (error instanceof FailoverError) throw new RunError(error.message);
    throw error;
  }
}

export const { topology, url, edge, origin } = deploy();
