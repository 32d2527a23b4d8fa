import { join } from "node:path";
import { readStackFile } from "../../engine/stack-file.ts";
import { readSettings } from "../../infra/config.ts";
import { failoverStack } from "../../infra/failover.ts";
import { primaryStack } from "../../infra/primary.ts";
import { readSecrets } from "../../infra/secrets.ts";
import { type Declared, declare } from "./declared.ts";

const root = join(import.meta.dirname, "../..");
const env = {
  FAILOVER_PLANT: "local",
  CLOUDFLARE_BASE_URL: "http://127.20.0.10:8080",
  ARM_METADATA_HOSTNAME: "127.20.0.11:8444",
};

/** Keys of the stack file to put in place of the committed ones. */
export type Edits = Record<string, unknown>;

async function configOf(stack: string, edits: Edits) {
  const file = await readStackFile(join(root, `Pulumi.${stack}.yaml`));
  const texts = Object.entries(edits).map(([key, value]) => [
    `failover-stacks:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { ...file, config: { ...file.config, ...Object.fromEntries(texts) } };
}

/** What the failover stack declares with the committed file, edited. */
export async function failoverResources(edits: Edits = {}): Promise<Declared[]> {
  const settings = readSettings({ stack: "failover", ...(await configOf("failover", edits)), env });
  return declare("failover", () => failoverStack(settings));
}

/** What the primary stack declares with the committed file, edited. */
export async function primaryResources(secretsFolder: string, edits: Edits = {}): Promise<Declared[]> {
  const settings = readSettings({ stack: "primary", ...(await configOf("primary", edits)), env });
  const secrets = readSecrets({ FAILOVER_SECRETS: secretsFolder });
  return declare("primary", () => primaryStack(settings, secrets));
}
