import type { StackInput } from "./guard.ts";
import {
  addressesIn,
  cloudVariables,
  leadsHere,
  localIds,
  localPeople,
  quote,
  textAt,
} from "./guard-facts.ts";
import type { Problem } from "./problems.ts";

/**
 * Refuses a real plant that would be deployed into a local cloud, or with what is left of one: the
 * committed stack files are the local plant's until a team puts its own values in.
 */
export function guardAzure(input: StackInput, own: Record<string, unknown>): Problem[] {
  return [...guardEnvironment(input), ...guardIds(own), ...guardAddresses(own), ...guardAbsent(input, own)];
}

function guardEnvironment({ env }: StackInput): Problem[] {
  const problems: Problem[] = [];
  if (env["FAILOVER_PLANT"] === "local") {
    problems.push(
      mismatch("plant", `plant is azure, but FAILOVER_PLANT is "local"; allowed: azure, or not set.`),
    );
  }
  for (const name of cloudVariables.filter((variable) => env[variable])) {
    problems.push(
      mismatch(
        "plant",
        `plant is azure, but ${name} is ${quote(env[name])}; allowed: not set.`,
        `unset ${name}`,
      ),
    );
  }
  return problems;
}

function guardIds(own: Record<string, unknown>): Problem[] {
  const ids = Object.entries(localIds).map(([path, value]) => ({ path, value, from: "team" as const }));
  return [...ids, ...localPeople]
    .filter(({ path, value }) => textAt(own, path)?.startsWith(value))
    .map(({ path, from }) =>
      mismatch(
        path,
        `plant is azure, but ${path} is the local plant's; allowed: ${rightOnes[from].allowed}.`,
        rightOnes[from].fix,
      ),
    );
}

const sync = { allowed: "what stack primary says", fix: "npm run failover -- sync" };
const rightOnes = { team: { allowed: "your own", fix: undefined }, sync };

function guardAddresses(own: Record<string, unknown>): Problem[] {
  const problems = [...addressesIn(own)]
    .filter(([, address]) => address.startsWith("127."))
    .map(([path, address]) =>
      mismatch(
        path,
        `plant is azure, but ${path} is ${address}; allowed: an address outside of 127.0.0.0/8.`,
      ),
    );
  const endpoint = textAt(own, "settingsEndpoint");
  if (!leadsHere(endpoint)) return problems;
  const text = `plant is azure, but settingsEndpoint is ${endpoint}; allowed: nothing on this machine.`;
  return [...problems, mismatch("settingsEndpoint", text)];
}

/**
 * Keys that a local plant can do without, because nothing is behind its SQL servers' firewall and log-in.
 * A group administers databases, so that it is no one person's or pipeline's to lose.
 */
function guardAbsent({ stack }: StackInput, own: Record<string, unknown>): Problem[] {
  return needed
    .filter(({ stacks, path }) => stacks.includes(stack) && textAt(own, path) === undefined)
    .map(({ path, allowed, fix }) =>
      mismatch(path, `plant is azure, but ${path} is missing; allowed: ${allowed}.`, fix),
    );
}

const needed = [
  {
    stacks: ["failover"],
    path: "endpoints.workers.address",
    ...sync,
  },
  {
    stacks: ["primary", "failover"],
    path: "databaseAdministrator.id",
    allowed: "the object id of a group in Entra ID, and login, its name",
    fix: "see README, Your plant",
  },
];

function mismatch(key: string, text: string, fix = "see README, Your plant"): Problem {
  return { code: "PLANT_MISMATCH", key, text, fix };
}
