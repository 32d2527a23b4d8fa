import { isIPv4 } from "node:net";

/** What both guards look at, and how they see whether it is of this machine. */

export const zeroZone = "0".repeat(32);
export const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** Variables that lead the providers to another cloud than the public one: a local plant needs them, a real one none. */
export const cloudVariables = ["CLOUDFLARE_BASE_URL", "ARM_METADATA_HOSTNAME"] as const;

/** Text keys of a stack file, by the value that marks a local plant. */
export const localIds: Readonly<Record<string, string>> = {
  "zone.id": zeroZone,
  subscription: zeroUuid,
  tenant: zeroUuid,
};

/** Further values of the committed stack files that mean nobody outside of a local plant, by who has the right one. */
export const localPeople: readonly { path: string; value: string; from: "team" | "sync" }[] = [
  { path: "deployer", value: "00000000-0000-0000-0000-000000000001", from: "team" },
  {
    path: "sshPublicKey",
    value: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIASxqr0Y+O/Sz1ZjCdx4c+EUx6+9a/A6mrSSZIVNmUMt",
    from: "team",
  },
  { path: "endpoints.principals.loadBalancers", value: "f20b050d-b1a2-59a5-8938-af98e1705b17", from: "sync" },
  { path: "endpoints.principals.apiServers", value: "caae10a4-05ed-58f8-85e2-96129d8822d5", from: "sync" },
  { path: "endpoints.principals.workers", value: "ae1899cf-3fe8-5db2-994c-0038d3fdc9fb", from: "sync" },
];

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

/** The host of a URL or of `host:port`, if that is an address of 127.0.0.0/8. */
export function loopbackHost(text: string | undefined): string | undefined {
  const host = hostOf(text);
  return isIPv4(host) && host.startsWith("127.") ? host : undefined;
}

/** Whether a URL or `host:port` leads to this machine, by whatever name. */
export function leadsHere(text: string | undefined): boolean {
  return loopbackHost(text) !== undefined || otherNames.test(hostOf(text));
}

/** As a URL's parser writes them: [::ffff:7f00:1] is 127.0.0.1. */
const otherNames = /^((.*\.)?localhost\.?|0\.0\.0\.0|\[::1?\]|\[::ffff:(7f[0-9a-f]{2}:[0-9a-f]+|0:0)\])$/;

function hostOf(text: string | undefined): string {
  const url = text?.includes("://") ? text : `https://${text}`;
  return text !== undefined && URL.canParse(url) ? new URL(url).hostname : "";
}

/** `127.20.` of `127.20.0.10`: what every address of a local plant begins with. */
export function blockOf(host: string): string {
  return `${host.split(".").slice(0, 2).join(".")}.`;
}

export function quote(value: string | undefined): string {
  return value === undefined ? "not set" : `"${value}"`;
}
