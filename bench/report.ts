import type { Figure } from "./figures.ts";
import type { RunFacts } from "./run-facts.ts";

/** How to read the figures; printed below the table and part of the report. */
export const method = [
  "CPU s: user and system time of a command and of everything it starts. Parts are polled from /proc every 5 ms;",
  "  the whole is their sum or, if larger, what the kernel adds up for waited-for children. Steps of 10 ms.",
  "Switch: one A record, from load-balancer-main to -backup or back; lb-direct: the firewall, then the record;",
  "  api-backup-only: the settings. Each is proven by what was written; no probes run. The first run of pulumi and",
  "  of octodns is not counted. A write is answered when the name server, or the servers' firewall, has been told.",
  "No-op of security rules: a stack of them alone. One more unchanged resource: the difference of two such stacks",
  "  by the rules that one has more, from the least, middle and greatest runs of both.",
  "curl: CPU s is the mean of the 10 calls of a run.",
  "ok, over: the median next to the target, which is meant for two cores that do nothing else.",
] as const;

/** The machine-readable result of a bench, schema version 1. */
export function reportOf(run: RunFacts, figures: readonly Figure[]): object {
  return { schemaVersion: 1, run, method: method.map((line) => line.trim()), figures };
}
