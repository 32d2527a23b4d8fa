import type { Place } from "../machine/place.ts";

/** The SSH server of one machine. */
export interface SshHostConfig {
  name: string;
  port: number;
  /** It listens on the shadow address. */
  place: Place;
  /** OpenSSH's format. */
  hostKey: string;
  user: string;
  /** Lines of authorized_keys. */
  authorizedKeys: string[];
  home: string;
  /** Of the commands it executes. */
  env: Record<string, string>;
}

/** A line on standard input, besides its id. */
export type SshRequest = { add: SshHostConfig } | { remove: { host: string } };

/** A line on standard output, besides its id. */
export interface SshAnswer {
  done: true;
}
