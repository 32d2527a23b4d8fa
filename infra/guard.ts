import { isIPv4 } from "node:net";
import type { Problem } from "./problems.ts";

/** Everything the checks may look at; a plain value so that they can be tested without Pulumi. */
export interface StackInput {
  stack: string;
  /** All keys of the stack file, with their namespace: `failover-stacks:plant`. */
  config: Readonly<Record<string, string>>;
  /** Keys whose values are encrypted. */
  secretKeys: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
}

const zeroZone = "0".repeat(32);
const providers = ["cloudflare", "azure-native", "command"];

/**
 * A plant is local or real, never both. Refuses a local plant that could touch anything real,
 * and secrets or provider keys in a stack file, whatever the plant.
 */
export function guardPlant(input: StackInput, own: Record<string, unknown>): Problem[] {
  const problems = [...guardStackFile(input)];
  if (own["plant"] === "azure") {
    problems.push({
      code: "NOT_YET_SERVED",
      key: "plant",
      text: "plant azure comes with the Azure part of this project; this version serves plant local.",
      fix: "pulumi config set plant local -s failover",
    });
  }
  if (own["plant"] === "local") problems.push(...guardLocal(input, own));
  return problems;
}

function guardStackFile({ config, secretKeys }: StackInput): Problem[] {
  const foreign = Object.keys(config).filter((key) => providers.includes(key.split(":")[0] ?? ""));
  return [
    ...foreign.map((key) =>
      secretProblem(key, `${key} configures a provider; providers take theirs from the environment.`),
    ),
    ...secretKeys
      .filter((key) => !foreign.includes(key))
      .map((key) => secretProblem(key, `${key} is a secret; a stack file holds none.`)),
  ];
}

function secretProblem(key: string, text: string): Problem {
  return { code: "SECRET_IN_STACK_FILE", key, text, fix: `pulumi config rm ${key} -s failover` };
}

function guardLocal({ env }: StackInput, own: Record<string, unknown>): Problem[] {
  const problems: Problem[] = [];
  const refuse = (key: string, text: string, fix = startLocal): void => {
    problems.push({ code: "PLANT_MISMATCH", key, text, fix });
  };
  if (env["FAILOVER_PLANT"] !== "local") {
    refuse("plant", `plant is local, but FAILOVER_PLANT is ${quote(env["FAILOVER_PLANT"])}; allowed: local.`);
  }
  const api = env["CLOUDFLARE_BASE_URL"];
  if (!isLoopbackUrl(api)) {
    refuse(
      "plant",
      `plant is local, but CLOUDFLARE_BASE_URL is ${quote(api)}; allowed: a URL on 127.0.0.0/8.`,
    );
  }
  const block = blockOf(api);
  for (const [path, value] of addressesIn(own["endpoints"], "endpoints")) {
    if (!isIPv4(value) || value.startsWith(block)) continue;
    const allowed = `${block}${block === "127." ? "0.0.0/8" : "0.0/16"}`;
    refuse(path, `plant is local, but ${path} is ${value}; allowed: ${allowed}.`, compare);
  }
  const zone = own["zone"] as { id?: unknown } | undefined;
  if (typeof zone?.id === "string" && /^[0-9a-f]{32}$/.test(zone.id) && zone.id !== zeroZone) {
    refuse("zone.id", `plant is local, but zone.id is ${zone.id}; allowed: ${zeroZone}.`, compare);
  }
  return problems;
}

const startLocal = "npm run local -- --env local.env, then in another terminal: source local.env";

const compare = "git diff Pulumi.failover.yaml    (the committed addresses are the local plant's)";

/** A plant lives in one block 127.N.0.0/16, its cloud with it; an address of another block is another plant's. */
function blockOf(api: string | undefined): string {
  return isLoopbackUrl(api) ? `${new URL(api).hostname.split(".").slice(0, 2).join(".")}.` : "127.";
}

function quote(value: string | undefined): string {
  return value === undefined ? "not set" : `"${value}"`;
}

function isLoopbackUrl(text: string | undefined): text is string {
  if (text === undefined || !URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  return isIPv4(hostname) && hostname.startsWith("127.");
}

function* addressesIn(value: unknown, path: string): Generator<[string, string]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === "address" && typeof child === "string") yield [`${path}.address`, child];
    else yield* addressesIn(child, `${path}.${key}`);
  }
}
