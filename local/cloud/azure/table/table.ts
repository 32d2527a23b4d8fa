import { computeTypes } from "./compute.ts";
import { managementTypes } from "./management.ts";
import { networkTypes } from "./network.ts";
import { parsePath, type ArmPath } from "./path.ts";
import type { ResourceType } from "./row.ts";
import { sqlTypes } from "./sql.ts";
import { storageTypes } from "./storage.ts";

/** Every resource type that both stacks use. */
export const resourceTypes: readonly ResourceType[] = [
  ...managementTypes,
  ...networkTypes,
  ...computeTypes,
  ...sqlTypes,
  ...storageTypes,
];

const byToken = new Map(resourceTypes.map((row) => [row.token, row]));
const byType = new Map(resourceTypes.map((row) => [row.type.toLowerCase(), row]));

export function typeOfToken(token: string): ResourceType | undefined {
  return byToken.get(token);
}

/** By ARM type, in any case: "microsoft.network/networksecuritygroups". */
export function typeOfName(type: string): ResourceType | undefined {
  return byType.get(type.toLowerCase());
}

/** The row and the parts of the path of one resource, in any case. */
export function typeOfPath(path: string): (ArmPath & { row: ResourceType }) | undefined {
  const parts = parsePath(path);
  const row = parts && parts.names.length === parts.segments ? typeOfName(parts.type) : undefined;
  return parts && row ? { ...parts, row } : undefined;
}

/**
 * The ARM path of a resource from its SDK inputs. `scope` counts for `any` rows, `resourceGroupName` for the usual.
 * @returns undefined while one of the names is not known.
 */
export function pathOf(
  row: ResourceType,
  subscriptionId: string,
  inputs: Readonly<Record<string, unknown>>,
): string | undefined {
  const names = namesOf(row, inputs);
  const scope = scopeOf(row, subscriptionId, inputs);
  if (!names || scope === undefined) return undefined;
  if (row.scope === "subscription") return `${scope}/resourceGroups/${names[0]}`;
  const [namespace, ...segments] = row.type.split("/");
  const rest = segments.map((segment, at) => `${segment}/${names[at]}`);
  return `${scope}/providers/${namespace}/${rest.join("/")}`;
}

function scopeOf(
  row: ResourceType,
  subscriptionId: string,
  inputs: Readonly<Record<string, unknown>>,
): string | undefined {
  if (row.scope === "subscription") return `/subscriptions/${subscriptionId}`;
  if (row.scope === "any") {
    return typeof inputs.scope === "string"
      ? inputs.scope.replace(/^\/*/, "/").replace(/\/+$/, "")
      : undefined;
  }
  const group = inputs.resourceGroupName;
  return typeof group === "string" ? `/subscriptions/${subscriptionId}/resourceGroups/${group}` : undefined;
}

/** One name per segment of the type, fixed ones filled in. */
function namesOf(row: ResourceType, inputs: Readonly<Record<string, unknown>>): string[] | undefined {
  const parameters = [...row.names];
  const segments = row.type.split("/").slice(1);
  const names = segments.map((segment, at) => {
    const fixed = row.fixed?.[segment];
    if (fixed !== undefined) return fixed;
    const given = inputs[parameters.shift() ?? ""];
    return given ?? (at === segments.length - 1 ? row.singleton : undefined);
  });
  return names.every((name) => typeof name === "string") ? names : undefined;
}
