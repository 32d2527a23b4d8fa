export type Json = Record<string, unknown>;

/** A resource's body as ARM keeps it: the envelope, and `properties`. */
export interface Document extends Json {
  properties: Json;
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at a key, `{}` when there is none. */
export function objectAt(parent: unknown, ...keys: string[]): Json {
  let value: unknown = parent;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return isObject(value) ? value : {};
}

export function listAt(parent: unknown, ...keys: string[]): Json[] {
  const value = valueAt(parent, keys);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textAt(parent: unknown, ...keys: string[]): string | undefined {
  const value = valueAt(parent, keys);
  return typeof value === "string" ? value : undefined;
}

function valueAt(parent: unknown, keys: readonly string[]): unknown {
  const last = keys.at(-1) ?? "";
  return objectAt(parent, ...keys.slice(0, -1))[last];
}

/** All values at a dotted path, through every element where it has `[]`: "properties.ipConfigurations[].name". */
export function valuesAt(document: unknown, path: string): unknown[] {
  let values: unknown[] = [document];
  for (const part of path.split(".")) {
    const key = part.replace(/\[\]$/, "");
    values = values.flatMap((value) => (isObject(value) && key in value ? [value[key]] : []));
    if (part.endsWith("[]")) values = values.flatMap((value) => (Array.isArray(value) ? value : []));
  }
  return values;
}

/** A copy without what is at the dotted paths. Missing ones are fine. */
export function without(document: Json, paths: readonly string[]): Json {
  const copy = structuredClone(document);
  for (const path of paths) {
    const keys = path.split(".");
    const parent = keys.length === 1 ? copy : objectAt(copy, ...keys.slice(0, -1));
    delete parent[keys.at(-1) ?? ""];
  }
  return copy;
}

/** The same whatever the order of keys: for comparing what a client sent with what is there. */
export function canonical(value: unknown): string {
  const ordered = (_: string, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  return JSON.stringify(value, ordered) ?? "undefined";
}

/** JSON merge patch (RFC 7396). */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
