import type { Side } from "../data-hosts.ts";

export interface GatewaySettings {
  /** Where clients log in to the servers, and replicas to the databases they follow. */
  listen: Record<Side | "link", string>;
  port: number;
  /** PEM file: certificate and key. */
  certificate: string;
  /** Hex; what access tokens are signed with. */
  tokenKey: string;
  /** Of replicas. */
  linkPassword: string;
}

export type Admitted = "everybody" | "replicas";

/** A line on standard input, besides its id. `database` is one of a server: `primary/saas`. */
export type GatewayRequest =
  | { open: GatewaySettings }
  /** `socket`: the unix socket of the PostgreSQL that serves it. Connections of those who are not admitted are reset. */
  | { route: { database: string; socket: string; admits: Admitted } }
  /** It is not there any more; its connections are reset. */
  | { unroute: { database: string } }
  /** Whether anybody listens there. */
  | { serve: { side: Side; on: boolean } };

export type GatewayAnswer = { done: true };
