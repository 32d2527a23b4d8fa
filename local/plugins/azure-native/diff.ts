import { isDeepStrictEqual } from "node:util";
import type { ResourceType } from "../../cloud/azure/table/row.ts";
import type { Change, ChangeKind } from "../answers.ts";
import type { Properties } from "../rpc.ts";
import { pathParameters } from "./body.ts";
import { createBeforeDelete } from "./names.ts";
import { isObject } from "./values.ts";

export interface Difference {
  changes: Change[];
  deleteBeforeReplace: boolean;
}

interface Olds {
  inputs: Properties;
  outputs: Properties;
}

/**
 * Compares inputs with inputs: what somebody changed in the cloud is invisible without a refresh. A change of a
 * path parameter or of a create-only property replaces the resource; the old one goes first unless its name was
 * made up.
 */
export function diffInputs(row: ResourceType, olds: Olds, news: Properties): Difference {
  const replacing = new Set([...pathParameters(row), ...row.createOnly]);
  const before = ownInputs(row, { azureApiVersion: olds.outputs.azureApiVersion, ...olds.inputs });
  const changes = diffObjects("", before, ownInputs(row, news)).map((change): Change => {
    const top = change.property.split(/[.[]/, 1)[0] ?? "";
    return { ...change, replaces: replacing.has(top) && !isSettled(change, olds, news) };
  });
  const replaces = changes.some((change) => change.replaces);
  return { changes, deleteBeforeReplace: replaces && olds.inputs[createBeforeDelete] !== true };
}

/** Leaves out hidden keys, and a singleton's name, which says nothing. */
function ownInputs(row: ResourceType, inputs: Properties): Properties {
  const skipped = row.singleton === undefined ? undefined : row.names.at(-1);
  return Object.fromEntries(
    Object.entries(inputs).filter(
      ([key, value]) => !key.startsWith("__") && key !== skipped && value !== undefined,
    ),
  );
}

/** The program now states what the cloud had chosen: nothing is to be replaced. */
function isSettled({ property, kind }: Found, { outputs }: Olds, news: Properties): boolean {
  return kind === "add" && property in news && isDeepStrictEqual(news[property], outputs[property]);
}

type Found = Pick<Change, "property" | "kind">;

function diffObjects(at: string, olds: Properties, news: Properties): Found[] {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...keys].flatMap((key) => diffValues(`${at}${key}`, olds[key], news[key]));
}

function diffValues(property: string, old: unknown, wanted: unknown): Found[] {
  if (isSame(property, old, wanted)) return [];
  if (isObject(old) && isObject(wanted)) return diffObjects(`${property}.`, old, wanted);
  if (Array.isArray(old) && Array.isArray(wanted)) {
    const indexes = Array.from({ length: Math.max(old.length, wanted.length) }, (_, index) => index);
    return indexes.flatMap((index) => diffValues(`${property}[${index}]`, old[index], wanted[index]));
  }
  const kind: ChangeKind = old === undefined ? "add" : wanted === undefined ? "delete" : "update";
  return [{ property, kind }];
}

function isSame(property: string, old: unknown, wanted: unknown): boolean {
  if (typeof old !== "string" || typeof wanted !== "string") return isDeepStrictEqual(old, wanted);
  return old === wanted || (property === "location" && normalLocation(old) === normalLocation(wanted));
}

/** "West US 2" and "westus2" are one place. */
function normalLocation(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}
