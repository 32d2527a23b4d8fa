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

/** Since the NIC process started. */
export interface NicCounts {
  accepted: number;
  /** Connections open now. */
  open: number;
  /** Turned away because the peer may not come in. */
  denied: number;
  /** The server behind did not take the connection; the client saw a reset. */
  unreachable: number;
}

export interface NicHostConfig {
  name: string;
  addresses: HostAddress[];
}

/** The one argument of the NIC process, as JSON. */
export interface NicConfig {
  clientPort: number;
  hosts: NicHostConfig[];
}

/** A line on standard input. */
export type NicRequest = { id: number } & ({ set: { host: string; mode: NicMode } } | { counts: true });

/** A line on standard output; the first line is `{"ready":true}`. */
export type NicAnswer = { id: number } & (
  | { error: string }
  | { done: true }
  | { counts: Record<string, NicCounts> }
);

const plainModes = new Set(["pass", "black-hole", "reset", "refuse"]);

export function isNicMode(value: unknown): value is NicMode {
  if (typeof value === "string") return plainModes.has(value);
  const { latencyMs } = (value ?? {}) as { latencyMs?: unknown };
  return typeof latencyMs === "number" && latencyMs >= 0 && latencyMs <= 60_000;
}
