import * as v from "valibot";
import { type Problem, throwProblems } from "./problems.ts";
import { guardPlant, type StackInput } from "./guard.ts";
import { composeTopology, didYouMean, isRefusal } from "./compose.ts";
import { FailoverError } from "./errors.ts";
import type { Axes } from "./topologies.ts";

export const project = "failover-stacks";

const address = v.pipe(v.string("an IPv4 address"), v.ipv4("an IPv4 address"));
const label = v.pipe(
  v.string("a DNS label"),
  v.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "a lower-case DNS label"),
);
const server = v.strictObject({ address, hostKey: v.optional(v.string("an SSH host key")) }, "an object");
const pair = v.strictObject({ main: server, backup: server }, "an object with main and backup");

/** The keys of Pulumi.failover.yaml in this project's namespace. A message says what is allowed. */
const schema = v.strictObject({
  plant: v.picklist(["local", "azure"], "local or azure"),
  topology: v.string("the name of a topology"),
  clientPort: v.pipe(
    v.string("a port number"),
    v.regex(/^\d{1,5}$/, "a port number from 1 to 65535"),
    v.transform(Number),
    v.minValue(1, "a port number from 1 to 65535"),
    v.maxValue(65_535, "a port number from 1 to 65535"),
  ),
  zone: v.strictObject(
    {
      id: v.pipe(v.string("32 hexadecimal digits"), v.regex(/^[0-9a-f]{32}$/, "32 hexadecimal digits")),
      name: v.pipe(
        v.string("a domain name"),
        v.regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, "a lower-case domain name"),
      ),
    },
    "an object with id and name",
  ),
  host: label,
  aliases: v.optional(
    v.pipe(
      v.array(label, "a list of DNS labels"),
      v.check((labels) => new Set(labels).size === labels.length, "a list without repetitions"),
    ),
    [],
  ),
  endpoints: v.strictObject(
    { loadBalancers: pair, apiServers: pair },
    "an object with loadBalancers and apiServers",
  ),
});

type Keys = v.InferOutput<typeof schema>;
type Endpoints = Keys["endpoints"];

/** The stack's configuration after every check, with the topology resolved to its axes. */
export interface Settings extends Keys {
  axes: Axes;
}

/**
 * Checks a stack's configuration as a whole, before the first resource is declared.
 * @throws FailoverError that lists every problem at once.
 */
export function readSettings(input: StackInput): Settings {
  if (input.stack !== "failover") throw unknownStack(input.stack);
  const problems: Problem[] = [];
  const own = ownKeys(input.config);
  const parsed = v.safeParse(schema, own);
  for (const issue of parsed.issues ?? []) problems.push(describeIssue(issue, own));
  const composed = typeof own["topology"] === "string" ? composeTopology(own["topology"]) : undefined;
  if (composed && isRefusal(composed)) {
    problems.push({ code: composed.code, text: composed.problem, fix: composed.fix, key: "topology" });
  }
  if (Array.isArray(own["aliases"]) && own["aliases"].includes(own["host"])) {
    problems.push({
      code: "INVALID_CONFIG",
      key: "aliases",
      text: "aliases holds the host itself; allowed: other labels.",
    });
  }
  problems.push(...guardPlant(input, own));
  throwProblems(problems, input.stack);
  return Object.freeze({ ...(parsed.output as Keys), axes: composed as Axes });
}

/** The name clients use. */
export function clientNameOf({ host, zone }: Pick<Settings, "host" | "zone">): string {
  return `${host}.${zone.name}`;
}

/** Address of the server that an origin names. */
export function originAddress(endpoints: Endpoints, origin: Axes["origin"]): string {
  const addresses = {
    "load-balancer-main": endpoints.loadBalancers.main.address,
    "load-balancer-backup": endpoints.loadBalancers.backup.address,
    "api-main": endpoints.apiServers.main.address,
    "api-backup": endpoints.apiServers.backup.address,
  } satisfies Record<Axes["origin"], string>;
  return addresses[origin];
}

function ownKeys(config: StackInput["config"]): Record<string, unknown> {
  const prefix = `${project}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(prefix.length), decode(text)]));
}

/** Pulumi hands nested YAML to programs as JSON text; a value that is no JSON object or list is plain text. */
function decode(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // The schema will say that an object was expected.
  }
}

function describeIssue(issue: v.BaseIssue<unknown>, own: Record<string, unknown>): Problem {
  const key = v.getDotPath(issue) ?? "(stack file)";
  const base = { code: "INVALID_CONFIG", key } as const;
  if (issue.type === "strict_object" && issue.expected === "never") {
    const siblings = siblingKeys(issue, own);
    return { ...base, text: `${key} is not a key of this project.${didYouMean(lastOf(key), siblings)}` };
  }
  if (issue.received === "undefined") {
    return {
      ...base,
      text: `${key} is missing.`,
      fix: `pulumi config set --path '${project}:${key}' <value> -s failover`,
    };
  }
  if (["Array", "Object"].includes(issue.received ?? ""))
    return { ...base, text: `${key} is not ${issue.message}.` };
  return { ...base, text: `${key} is ${issue.received}; allowed: ${issue.message}.` };
}

function siblingKeys(issue: v.BaseIssue<unknown>, own: Record<string, unknown>): string[] {
  const depth = (issue.path?.length ?? 1) - 1;
  if (depth === 0) return Object.keys(schema.entries);
  const parent = issue.path?.[0]?.key;
  if (parent === "zone") return Object.keys(schema.entries.zone.entries);
  if (parent !== "endpoints") return Object.keys(own);
  return (
    [
      ["loadBalancers", "apiServers"],
      ["main", "backup"],
      ["address", "hostKey"],
    ][depth - 1] ?? []
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function unknownStack(stack: string): FailoverError {
  if (stack === "primary") {
    return new FailoverError("NOT_YET_SERVED", {
      problems:
        "stack primary (network, servers, database, storage, workers) comes with the Azure part of this project.",
      where: "Pulumi.primary.yaml",
      fix: "pulumi preview -s failover",
    });
  }
  return new FailoverError("INVALID_CONFIG", {
    problems: `stack ${stack} is not one of this project; allowed: primary, failover.${didYouMean(stack, ["primary", "failover"])}`,
    where: `Pulumi.${stack}.yaml`,
    fix: "pulumi preview -s failover",
  });
}
