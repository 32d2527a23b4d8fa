import type { FirewallRule } from "../cloud/azure/plant-protocol.ts";
import type { HostAddress } from "./addresses.ts";

/**
 * What the network does to a host's traffic, in both directions:
 * - `pass`
 * - `black-hole`: nothing gets through. New connections stay silent and existing ones freeze; both go
 *   on when it ends, as TCP's retransmissions make them. (The kernel still completes the TCP
 *   handshake, which a real black hole would not: clients wait for TLS instead.)
 * - `reset`: existing connections are reset at once, new ones as soon as they are made
 * - `refuse`: nobody listens (ECONNREFUSED), existing connections are reset
 * - `latencyMs`: added to a round trip, half of it each way
 */
export type NicMode = "pass" | "black-hole" | "reset" | "refuse" | { latencyMs: number };

/** Since the host was added. */
export interface NicCounts {
  accepted: number;
  /** Connections open now, silent ones included. */
  open: number;
  /** Not let in when they came; they hear nothing. */
  denied: number;
  /** The server behind did not take the connection; the client saw a reset. */
  unreachable: number;
}

export interface NicHostConfig {
  name: string;
  addresses: HostAddress[];
  ports: number[];
  /** Inbound rules; null admits all of 127.0.0.0/8. */
  rules: FirewallRule[] | null;
}

/** `off`: no machine is there to answer; silence. What was connected before is reset by `on`. */
export type Power = "on" | "off";

/** A line on standard input, besides its id. */
export type NicRequest =
  | { add: NicHostConfig }
  | { remove: { host: string } }
  | { set: { host: string; mode: NicMode } }
  | { rules: { host: string; rules: FirewallRule[] | null } }
  | { power: { host: string; power: Power } }
  | { counts: true };

/** A line on standard output, besides its id. */
export type NicAnswer = { done: true } | { counts: Record<string, NicCounts> };

const plainModes = new Set(["pass", "black-hole", "reset", "refuse"]);

export function isNicMode(value: unknown): value is NicMode {
  if (typeof value === "string") return plainModes.has(value);
  const { latencyMs } = (value ?? {}) as { latencyMs?: unknown };
  return typeof latencyMs === "number" && latencyMs >= 0 && latencyMs <= 60_000;
}
