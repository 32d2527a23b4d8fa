import { isIPv4 } from "node:net";

/** True for 127.0.0.0/8, also when a dual-stack socket writes it as `::ffff:127.…`. */
export function isLoopback(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/, "") ?? "";
  return isIPv4(plain) && plain.startsWith("127.");
}

/** 127.20.0.10 → 127.20.0.11. */
export function nextLoopback(address: string): string {
  const parts = address.split(".");
  return [...parts.slice(0, 3), Number(parts[3]) + 1].join(".");
}
