import type { InputChange, Kind, Plan, ResourceChange } from "../../engine/preview-plan.ts";
import { shortened } from "../markdown.ts";

const signs: Record<Kind, string> = { create: "+", update: "~", replace: "±", delete: "−", other: "?" };

/** A line for each resource: `~ DnsRecord client: proxied true → false, ttl 1 → 60`. */
export function planLines({ changes }: Plan, mostCharacters: number): string[] {
  return changes.map((change) => shortened(lineOf(change), mostCharacters));
}

/** The switch before and after merging, as `diff` shows two files: what only one of them does has a sign in front. */
export function differenceLines(base: Plan | null, head: Plan | null, mostCharacters: number): string[] {
  const [before, after] = [linesByResource(base), linesByResource(head)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .flatMap((resource) => marked(before.get(resource), after.get(resource)))
    .map(([sign, line]) => `${sign} ${shortened(line, mostCharacters)}`);
}

/** Two resources of one name, below two others, are the first and the second of that name. */
function linesByResource(plan: Plan | null): Map<string, string> {
  const named = [...Map.groupBy(plan?.changes ?? [], ({ resource }) => resource).values()];
  return new Map(
    named.flatMap((of) => of.map((change, index) => [`${change.resource} ${index}`, lineOf(change)])),
  );
}

function marked(before: string | undefined, after: string | undefined): [sign: string, line: string][] {
  if (before !== undefined && before === after) return [[" ", before]];
  return [
    ...(before === undefined ? [] : [["-", before] as [string, string]]),
    ...(after === undefined ? [] : [["+", after] as [string, string]]),
  ];
}

function lineOf({ resource, kind, inputs }: ResourceChange): string {
  const said = inputs.map((input) => inputOf(input, kind));
  return `${signs[kind]} ${kind} ${resource}${said.length > 0 ? `: ${said.join(", ")}` : ""}`;
}

function inputOf({ path, from, to }: InputChange, kind: Kind): string {
  if (kind === "create") return `${path} ${to}`;
  // A secret that differs says no more than that.
  return from === to ? `${path} (a secret differs)` : `${path} ${from} → ${to}`;
}
