import { isDeepStrictEqual } from "node:util";
import type { Properties } from "../rpc.ts";
import { isObject } from "./values.ts";

/**
 * Carries into the recorded inputs what changed in the cloud between two readings, and nothing else: most of what
 * an answer holds are defaults that no program asked for.
 */
export function carryChanges(inputs: Properties, before: Properties, now: Properties): Properties {
  const result = { ...inputs };
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (isDeepStrictEqual(before[key], now[key])) continue;
    if (now[key] === undefined) delete result[key];
    else result[key] = carryValue(inputs[key], before[key], now[key]);
  }
  return result;
}

function carryValue(input: unknown, before: unknown, now: unknown): unknown {
  if (isObject(input) && isObject(before) && isObject(now)) return carryChanges(input, before, now);
  if (Array.isArray(input) && Array.isArray(before) && Array.isArray(now)) {
    return now.map((item: unknown, index) => {
      if (index >= input.length || index >= before.length) return item;
      const isUnchanged = isDeepStrictEqual(before[index], item);
      return isUnchanged ? (input[index] as unknown) : carryValue(input[index], before[index], item);
    });
  }
  return now;
}
