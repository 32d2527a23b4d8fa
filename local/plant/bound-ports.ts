import { readFileSync } from "node:fs";

const listening = "0A";
const anyPeer = "00000000:0000";

/** `address:port` of sockets somebody listens on in the block, of any user, as the kernel lists them. */
export function boundInBlock(block: number): string[] {
  return [...listeners("/proc/net/tcp", listening), ...listeners("/proc/net/udp")].filter((socket) =>
    socket.startsWith(`127.${block}.`),
  );
}

/** Ports of `wanted` that somebody holds on every address of the machine, so on every block too. */
export function boundEverywhere(wanted: number[]): number[] {
  const open = new Set([...listeners("/proc/net/tcp", listening), ...listeners("/proc/net/tcp6", listening)]);
  return wanted.filter((port) => open.has(`0.0.0.0:${port}`) || open.has(`::${port}`));
}

function listeners(table: string, state?: string): string[] {
  return readFileSync(table, "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , peer, seen]) => (state ? seen === state : peer === anyPeer))
    .map(([, local = ""]) => readable(local))
    .filter((socket) => socket !== "");
}

function readable(local: string): string {
  const [address = "", port = ""] = local.split(":");
  if (!port) return "";
  if (/^0{32}$/.test(address)) return `::${Number.parseInt(port, 16)}`;
  if (address.length !== 8) return "";
  // Stored as the machine keeps it in memory: little-endian on every platform we serve.
  const octets = address.match(/../g)?.map((octet) => Number.parseInt(octet, 16)) ?? [];
  return `${octets.toReversed().join(".")}:${Number.parseInt(port, 16)}`;
}
