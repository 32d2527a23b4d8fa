/** Both stacks as a team would deploy them in a subscription of its own, with secrets of a real size. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSettings } from "../../infra/config.ts";
import { failoverStack } from "../../infra/failover.ts";
import { serverNames } from "../../infra/names.ts";
import { primaryStack } from "../../infra/primary.ts";
import { readSecrets } from "../../infra/secrets.ts";
import { pathOf, typeOfToken } from "../../local/cloud/azure/table/table.ts";
import { type Declared, declare } from "./declared.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A resource of Azure and where it will be. */
export interface Deployable extends Declared {
  stack: "primary" | "failover";
  /** As `/subscriptions/…`; what others refer to it by. */
  armId: string;
}

export const subscription = "5b3e7f0a-52d1-4c0c-9d0e-3f2b8a6c1d47";
export const regions = { primary: "westeurope", secondary: "northeurope" };
/** Stands in each secret: no plain input may hold it. */
export const canary = "c2VjcmV0LW9mLXRoZS1wbGFudA";

const shared = {
  plant: "azure",
  prefix: "contoso-saas",
  subscription,
  tenant: "9d1c4c5e-0b0f-4f0e-8a55-1b7c2f3d4e5f",
  deployer: "0e4b7a51-6a43-4b43-9a4b-c4a1b5d7e9f3",
  databaseAdministrator: {
    login: "saas-database-administrators",
    id: "7f0d8a3e-2c59-49a7-9f0b-5d3e1c7b9a21",
  },
  regions,
  zone: { id: "023e105f4ecef8ad9ca31a8372d0c353", name: "contoso.com" },
  clientPort: "443",
};

/** Cloudflare's own: https://www.cloudflare.com/ips-v4 (read 2026-11) */
const edgeRanges = [
  "173.245.48.0/20",
  "103.21.244.0/22",
  "103.22.200.0/22",
  "103.31.4.0/22",
  "141.101.64.0/18",
  "108.162.192.0/18",
  "190.93.240.0/20",
  "188.114.96.0/20",
  "197.234.240.0/22",
  "198.41.128.0/17",
  "162.158.0.0/15",
  "104.16.0.0/13",
  "104.24.0.0/14",
  "172.64.0.0/13",
  "131.0.72.0/22",
];

const configs = {
  primary: {
    ...shared,
    sshPort: "22",
    network: { servers: "10.20.1.0/24", workers: "10.20.2.0/24" },
    edgeRanges,
    adminRanges: ["203.0.113.16/29"],
    workers: { count: 2 },
  },
  failover: {
    ...shared,
    topology: "normal",
    host: "api",
    aliases: ["app", "www"],
    network: { servers: "10.20.1.0/24", workers: "10.20.3.0/24", monitor: "10.20.4.0/24" },
    sshPublicKey: `ssh-ed25519 ${"A".repeat(68)}`,
    workers: { atRest: 1, scaled: 4 },
    restores: [{ at: "2026-11-24T23:15:00Z" }],
    liveDatabase: "saas",
    endpoints: {
      loadBalancers: { main: { address: "20.50.10.11" }, backup: { address: "20.50.10.12" } },
      apiServers: { main: { address: "20.50.10.21" }, backup: { address: "20.50.10.22" } },
      workers: { address: "20.50.10.30" },
      principals: {
        loadBalancers: "11111111-1111-4111-8111-111111111111",
        apiServers: "22222222-2222-4222-8222-222222222222",
        workers: "33333333-3333-4333-8333-333333333333",
      },
    },
  },
};

/** Every resource of Azure that the two stacks declare, without asking anybody. One call at a time: mocks are the process's. */
export async function deployables(): Promise<Deployable[]> {
  const primary = readSettings({ stack: "primary", ...asStackFile(configs.primary), env: {} });
  const failover = readSettings({ stack: "failover", ...asStackFile(configs.failover), env: {} });
  const secrets = readSecrets({ FAILOVER_SECRETS: realisticSecrets() });
  return [
    ...located("primary", await declare("primary", () => primaryStack(primary, secrets))),
    ...located("failover", await declare("failover", () => failoverStack(failover))),
  ];
}

function asStackFile(keys: object) {
  const texts = Object.entries(keys).map(([key, value]) => [
    `failover-stacks:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { config: Object.fromEntries(texts) as Record<string, string>, secretKeys: [] };
}

function located(stack: Deployable["stack"], resources: Declared[]): Deployable[] {
  return resources
    .filter(({ type }) => type.startsWith("azure-native:"))
    .map((resource) => {
      const inputs = plain(resource.inputs) as Record<string, unknown>;
      const row = typeOfToken(resource.type);
      const armId = row && pathOf(row, subscription, inputs);
      if (!armId) throw new Error(`${resource.type} ${resource.name} has no place in Azure`);
      return { ...resource, stack, armId };
    });
}

/** Inputs as Azure gets them: what is marked as a secret stands there in the open. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => plain(item));
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

export function isSecret(value: object): value is { value: unknown } {
  return "4dabf18193072939515e22adb298388d" in value && "value" in value;
}

/** A leaf with an RSA key of 4,096 bits and two intermediates: about the largest that authorities hand out. */
function realisticSecrets(): string {
  const folder = temporaryFolder();
  const pem = (name: string, bytes: number) => {
    const lines = Array.from({ length: bytes / 64 }, () => canary.padEnd(64, "Q"));
    return `-----BEGIN ${name}-----\n${lines.join("\n")}\n-----END ${name}-----\n`;
  };
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const chain = [1, 2, 3].map(() => pem("CERTIFICATE", 2304));
  write("tls.pem", `${chain.join("")}${pem("PRIVATE KEY", 3264)}`);
  for (const [name, file] of [
    ["deploy-key", "deploy-key"],
    ...serverNames.map((server) => [server, `${server}.key`]),
  ]) {
    write(file ?? "", pem("OPENSSH PRIVATE KEY", 448));
    write(`${name}.pub`, `ssh-ed25519 ${"A".repeat(68)} somebody@laptop\n`);
  }
  return folder;
}
