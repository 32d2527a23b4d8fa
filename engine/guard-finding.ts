import type { Step } from "./event-log.ts";

/** Something that a change does and that a recovery plan cannot bear, or that somebody must know. */
export interface Finding {
  /** `blocks`: nobody may apply it. `warns`: somebody must have read it. */
  severity: "blocks" | "warns";
  detector: Detector;
  /** `Database database` or a name, as people say it; null where it is about the whole stack. */
  resource: string | null;
  what: string;
  why: string;
  /** The sentence that says what to do. */
  next: string;
}

export type Detector =
  | "stream"
  | "engine"
  | "stateful"
  | "replacement"
  | "dns-gap"
  | "record-identity"
  | "traffic"
  | "axes"
  | "state"
  | "promise"
  | "switch"
  | "topology";

/** What a stream is about. */
export interface About {
  stack: "primary" | "failover";
  /** The axes that the switch moves, each from and to; null for an ordinary change, which may touch anything. */
  moves: Partial<Record<string, { from: string; to: string }>> | null;
}

/** Looks at all steps of one stream. */
export type Detect = (steps: readonly Step[], about: About) => Finding[];

/** `DnsRecord client`, as `urn:pulumi:<stack>::<project>::<types of parents>$<type>::<logical name>` says it. */
export function nameOf({ urn }: Pick<Step, "urn">): string {
  const [, , types = ""] = urn.split("::");
  return `${types.split(":").at(-1)} ${logicalNameOf({ urn })}`;
}

/** A logical name may have `::` in it, a type may not. */
export function logicalNameOf({ urn }: Pick<Step, "urn">): string {
  return urn.split("::").slice(3).join("::");
}
