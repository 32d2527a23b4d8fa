import * as v from "valibot";
import { didYouMean } from "./compose.ts";
import { FailoverError } from "./errors.ts";
import { axesAskedFor, checkFailover, type FailoverKeys, failoverSchema } from "./failover-config.ts";
import { guardPlant, type StackInput } from "./guard.ts";
import { describeIssue, project } from "./issues.ts";
import { checkPrimary, type PrimaryKeys, primarySchema } from "./primary-config.ts";
import { type Problem, throwProblems } from "./problems.ts";
import { pairOf, regions } from "./regions.ts";
import { sharedEntries } from "./schema.ts";
import type { Axes } from "./topologies.ts";

export { project } from "./issues.ts";

/** Configuration of the failover stack after every check, with the topology resolved to its axes. */
export interface Settings extends FailoverKeys {
  axes: Axes;
}

/** Configuration of the primary stack after every check. */
export type PrimarySettings = PrimaryKeys;

/**
 * Checks a stack's configuration as a whole, before the first resource is declared.
 * @throws FailoverError that lists every problem at once.
 */
export function readSettings(input: StackInput & { stack: "failover" }): Settings;
export function readSettings(input: StackInput & { stack: "primary" }): PrimarySettings;
export function readSettings(input: StackInput): Settings | PrimarySettings;
export function readSettings(input: StackInput): Settings | PrimarySettings {
  const read = Object.hasOwn(readers, input.stack) ? readers[input.stack as keyof typeof readers] : undefined;
  if (!read) throw unknownStack(input.stack);
  return Object.freeze(read(input));
}

const readers = { primary: readPrimary, failover: readFailover };

function readFailover(input: StackInput): Settings {
  const own = ownKeys(input.config);
  const { keys, problems } = parse(failoverSchema, own, input.stack);
  const asked = axesAskedFor(own["topology"]);
  problems.push(...asked.problems, ...(keys ? checkFailover(keys, asked.axes) : []));
  finish(problems, own, input);
  return { ...(keys as FailoverKeys), axes: asked.axes as Axes };
}

function readPrimary(input: StackInput): PrimarySettings {
  const own = ownKeys(input.config);
  const { keys, problems } = parse(primarySchema, own, input.stack);
  problems.push(...(keys ? checkPrimary(keys) : []));
  finish(problems, own, input);
  return keys as PrimaryKeys;
}

function parse<S extends v.GenericSchema>(schema: S, own: Record<string, unknown>, stack: string) {
  const parsed = v.safeParse(schema, own);
  const problems = (parsed.issues ?? []).map((issue) => describeIssue(issue, { schema, stack }));
  return { keys: parsed.success ? parsed.output : undefined, problems };
}

function finish(problems: Problem[], own: Record<string, unknown>, input: StackInput): void {
  throwProblems([...problems, ...checkRegions(own["regions"]), ...guardPlant(input, own)], input.stack);
}

/**
 * Checks that both stack files say the same where they must: neither stack asks the other, so names, addresses and
 * ports that one makes are computed by the other from its own file.
 * @throws FailoverError INVALID_CONFIG that names both values of every key
 */
export function checkAgreement(files: Record<"primary" | "failover", StackInput["config"]>): void {
  const primary = sharedValues(files.primary);
  const failover = sharedValues(files.failover);
  const different = Object.keys(primary).filter((key) => primary[key] !== failover[key]);
  if (different.length === 0) return;
  throw new FailoverError("INVALID_CONFIG", {
    problems: different.map(
      (key) =>
        `${key} is ${primary[key]} in Pulumi.primary.yaml and ${failover[key]} in Pulumi.failover.yaml; allowed: the same in both.`,
    ),
    where: `Pulumi.primary.yaml and Pulumi.failover.yaml, ${different.length === 1 ? "key" : "keys"} ${different.map((key) => `failover-stacks:${key}`).join(", ")}`,
    fix: "correct the one that is wrong, then: npm run failover -- sync",
  });
}

/** Texts of the keys that both stacks have; of nested ones whatever order the file has them in. */
function sharedValues(config: StackInput["config"]): Record<string, string> {
  const own = ownKeys(config);
  const { servers } = (own["network"] ?? {}) as { servers?: unknown };
  const defaults = v.getDefaults(v.object(sharedEntries));
  const entries = Object.entries(defaults).map(([key, value]) => [key, textOf(own[key] ?? value)]);
  return Object.fromEntries([...entries, ["network.servers", textOf(servers)]]) as Record<string, string>;
}

function textOf(value: unknown): string {
  if (value === undefined) return "not set";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b));
  return JSON.stringify(Object.fromEntries(pairs));
}

/** The name clients use. */
export function clientNameOf({ host, zone }: Pick<Settings, "host" | "zone">): string {
  return `${host}.${zone.name}`;
}

/** Whom SQL servers obey: an identity of Entra ID. */
export interface DatabaseAdministrator {
  login: string;
  id: string;
  type: "Group" | "Application";
}

export function databaseAdministratorOf(settings: Settings | PrimarySettings): DatabaseAdministrator {
  const { databaseAdministrator: group, deployer, prefix } = settings;
  if (group) return { ...group, type: "Group" };
  return { login: `${prefix}-deployer`, id: deployer, type: "Application" };
}

/** Address of the server that an origin names. */
export function originAddress(endpoints: Settings["endpoints"], origin: Axes["origin"]): string {
  const addresses = {
    "load-balancer-main": endpoints.loadBalancers.main.address,
    "load-balancer-backup": endpoints.loadBalancers.backup.address,
    "api-main": endpoints.apiServers.main.address,
    "api-backup": endpoints.apiServers.backup.address,
  } satisfies Record<Axes["origin"], string>;
  return addresses[origin];
}

/** Geo-redundant storage, backups and the plan's second half are in the pair of a region, nowhere else. */
function checkRegions(value: unknown): Problem[] {
  const { primary, secondary } = (value ?? {}) as { primary?: unknown; secondary?: unknown };
  if (typeof primary !== "string" || typeof secondary !== "string") return [];
  const known = Object.keys(regions);
  const refuse = (key: string, text: string): Problem[] => [{ code: "INVALID_CONFIG", key, text }];
  const pair = pairOf(primary);
  if (!pair) {
    const guess = didYouMean(primary, known);
    return refuse(
      "regions.primary",
      `regions.primary is "${primary}"; allowed: ${known.join(", ")}.${guess}`,
    );
  }
  if (secondary === pair) return [];
  return refuse(
    "regions.secondary",
    `regions.secondary is "${secondary}"; allowed: ${pair}, the pair of ${primary}.`,
  );
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

function unknownStack(stack: string): FailoverError {
  return new FailoverError("INVALID_CONFIG", {
    problems: `stack ${stack} is not one of this project; allowed: primary, failover.${didYouMean(stack, ["primary", "failover"])}`,
    where: `Pulumi.${stack}.yaml`,
    fix: "pulumi preview -s failover",
  });
}
