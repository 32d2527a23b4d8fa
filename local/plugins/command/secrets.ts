import type { Properties } from "../rpc.ts";

/** How the engine marks a value that is more than JSON: pulumi sdk/go/common/resource/sig. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Marks a value as a secret, unless it is one. */
export function conceal(value: unknown): unknown {
  return isMarked(value) ? value : { [signature]: secretSignature, value };
}

/** The same value with every secret in it in plain. */
export function reveal(value: unknown): unknown {
  if (isMarked(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, reveal(member)]));
}

/** A secret, or a value that is not known yet and will be one. */
export function isMarked(value: unknown): value is Properties {
  if (typeof value !== "object" || value === null) return false;
  const mark = (value as Properties)[signature];
  return mark === secretSignature || mark === outputSignature;
}
