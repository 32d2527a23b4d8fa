import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Workspace } from "../../engine/pulumi.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** What a failover stack's file and state say. */
export interface FakeStack {
  /** Points in time, as in the stack file. */
  restores?: string[];
  liveDatabase?: string;
  /** Name of the database in the settings that were written last. */
  uses?: string;
  /** Environment of the promotion's command. */
  promotion?: Record<string, string>;
  env?: Record<string, string>;
}

/** A workspace whose `pulumi` shows a state and writes down what it is asked, for what needs no engine. */
export async function fakeStack(stack: FakeStack) {
  const folder = temporaryFolder();
  const [state, log, pulumi] = ["state.json", "calls", "pulumi"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(join(folder, "Pulumi.failover.yaml"), fileOf(stack));
  await writeFile(state, JSON.stringify({ version: 3, deployment: { resources: resourcesOf(stack) } }));
  const script = `#!/bin/sh\necho "$@" >> '${log}'\n[ "$2" = export ] && cat '${state}'\nexit 0\n`;
  await writeFile(pulumi, script, { mode: 0o755 });
  const env = { PATH: process.env["PATH"] ?? "", ...stack.env };
  const workspace: Workspace = { folder, pulumi, env };
  const calls = async () => (await readFile(log, "utf8")).trim().split("\n");
  return { workspace, calls };
}

function fileOf({ restores = [], liveDatabase }: FakeStack): string {
  const config = {
    ...(restores.length > 0 && { "failover-stacks:restores": restores.map((at) => ({ at })) }),
    ...(liveDatabase && { "failover-stacks:liveDatabase": liveDatabase }),
  };
  return JSON.stringify({ config });
}

function resourcesOf({ uses, promotion }: FakeStack) {
  const value = JSON.stringify({ database: { name: uses } });
  const named = (name: string) => `urn:pulumi:failover::failover-stacks::${name}`;
  return [
    { urn: named("azure-native:appconfiguration:KeyValue::failover"), outputs: { value } },
    { urn: named("command:local:Command::promotion"), inputs: { environment: promotion } },
  ];
}
