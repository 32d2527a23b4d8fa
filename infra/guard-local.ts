import type { StackInput } from "./guard.ts";
import {
  addressesIn,
  blockOf,
  cloudVariables,
  localIds,
  loopbackHost,
  quote,
  textAt,
} from "./guard-facts.ts";
import type { Problem } from "./problems.ts";

/** Refuses a local plant that could reach, or be taken for, anything outside of this machine. */
export function guardLocal(input: StackInput, own: Record<string, unknown>): Problem[] {
  return [...guardEnvironment(input), ...guardAddresses(input, own), ...guardIds(input, own)];
}

function guardEnvironment({ env }: StackInput): Problem[] {
  const marker = env["FAILOVER_PLANT"];
  const problems =
    marker === "local"
      ? []
      : [
          mismatch(
            "plant",
            `plant is local, but FAILOVER_PLANT is ${quote(marker)}; allowed: local.`,
            startLocal,
          ),
        ];
  const leading = cloudVariables.filter((name) => !loopbackHost(env[name]));
  return [
    ...problems,
    ...leading.map((name) =>
      mismatch(
        "plant",
        `plant is local, but ${name} is ${quote(env[name])}; allowed: an address in 127.0.0.0/8.`,
        startLocal,
      ),
    ),
    ...guardBlock(env),
  ];
}

/** Two plants may run here, each with clouds of its own. */
function guardBlock(env: StackInput["env"]): Problem[] {
  const [cloudflare, azure] = cloudVariables.map((name) => loopbackHost(env[name]));
  if (!cloudflare || !azure || blockOf(cloudflare) === blockOf(azure)) return [];
  const [first, second] = cloudVariables;
  const text = `plant is local, but ${second} is ${quote(env[second])}; allowed: ${blockOf(cloudflare)}0.0/16, where ${first} leads.`;
  return [mismatch("plant", text, startLocal)];
}

/** A plant lives in one block 127.N.0.0/16, its cloud with it; an address of another block is another plant's. */
function guardAddresses({ env, stack }: StackInput, own: Record<string, unknown>): Problem[] {
  const host = loopbackHost(env["CLOUDFLARE_BASE_URL"]);
  const block = host ? blockOf(host) : "127.";
  const allowed = `${block}${host ? "0.0/16" : "0.0.0/8"}`;
  const strays = [...addressesIn(own)].filter(
    ([path, address]) =>
      !address.startsWith(block) && !(path.startsWith("adminRanges") && isLoopback(address)),
  );
  return strays.map(([path, address]) =>
    mismatch(path, `plant is local, but ${path} is ${address}; allowed: ${allowed}.`, compareWith(stack)),
  );
}

function guardIds({ stack }: StackInput, own: Record<string, unknown>): Problem[] {
  const foreign = Object.entries(localIds).flatMap(([path, zero]) => {
    const found = textAt(own, path);
    if (found === undefined || found === zero || found.length !== zero.length) return [];
    return [mismatch(path, `plant is local, but ${path} is ${found}; allowed: ${zero}.`, compareWith(stack))];
  });
  const endpoint = textAt(own, "settingsEndpoint");
  if (endpoint === undefined || loopbackHost(endpoint)) return foreign;
  const text = `plant is local, but settingsEndpoint is ${endpoint}; allowed: a URL on 127.0.0.0/8.`;
  return [...foreign, mismatch("settingsEndpoint", text, compareWith(stack))];
}

function mismatch(key: string, text: string, fix: string): Problem {
  return { code: "PLANT_MISMATCH", key, text, fix };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.");
}

const startLocal = "npm run local -- --env local.env, then in another terminal: source local.env";

function compareWith(stack: string): string {
  return `git diff Pulumi.${stack}.yaml    (the committed addresses are the local plant's)`;
}
