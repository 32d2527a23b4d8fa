import { isIPv4 } from "node:net";

/** What both guards look at, and how they see whether it is of this machine. */

export const zeroZone = "0".repeat(32);
export const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** Variables that lead the providers to a cloud: a local plant needs them, a real one none of this machine. */
export const cloudVariables = ["CLOUDFLARE_BASE_URL", "ARM_METADATA_HOSTNAME"] as const;

/** Text keys of a stack file, by the value that marks a local plant. */
export const localIds: Readonly<Record<string, string>> = {
  "zone.id": zeroZone,
  subscription: zeroUuid,
  tenant: zeroUuid,
};

export function textAt(own: Record<string, unknown>, path: string): string | undefined {
  const value = path
    .split(".")
    .reduce<unknown>((parent, key) => (parent as Record<string, unknown> | undefined)?.[key], own);
  return typeof value === "string" ? value : undefined;
}

/** Every IPv4 address or range in a stack's own keys, with its path. */
export function* addressesIn(value: unknown, path = ""): Generator<[path: string, address: string]> {
  if (typeof value === "string") {
    if (isIPv4(value.split("/")[0] ?? "")) yield [path, value];
  } else if (typeof value === "object" && value !== null) {
    const list = Array.isArray(value);
    for (const [key, child] of Object.entries(value)) {
      yield* addressesIn(child, list ? `${path}[${key}]` : path ? `${path}.${key}` : key);
    }
  }
}

/** The host of a URL or of `host:port`, if that is an address of this machine. */
export function loopbackHost(text: string | undefined): string | undefined {
  const url = text?.includes("://") ? text : `https://${text}`;
  if (text === undefined || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return isIPv4(hostname) && hostname.startsWith("127.") ? hostname : undefined;
}

export function quote(value: string | undefined): string {
  return value === undefined ? "not set" : `"${value}"`;
}
