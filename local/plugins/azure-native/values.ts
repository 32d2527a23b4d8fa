import type { Properties } from "../rpc.ts";

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null is absent, at every depth. */
export function withoutNulls(properties: Properties): Properties {
  return stripped(properties) as Properties;
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, stripped(inner)]));
}
