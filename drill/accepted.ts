import type { ScenarioName } from "./scenarios.ts";

/** A promise that is known to be missed. It still prints `missed`; it fails the drill only once it expires. */
export interface AcceptedMiss {
  scenario: ScenarioName;
  promise: "rto" | "rpo";
  reason: string;
  /** Last day on which it is accepted, YYYY-MM-DD. */
  until: string;
}

export const acceptedMisses: readonly AcceptedMiss[] = [
  {
    scenario: "cloudflare-down",
    promise: "rto",
    reason: "one DNS provider: while its API is down too, no record can be moved",
    until: "2027-06-30",
  },
  {
    scenario: "edge-and-primary-control-plane-down",
    promise: "rto",
    reason:
      "the firewall of the servers is in the primary region: while changes there are refused, clients cannot be let past the edge",
    until: "2027-06-30",
  },
  {
    scenario: "database-corrupted",
    promise: "rto",
    reason:
      "a restore of Azure SQL takes hours (most finish in less than 12), and nothing else undoes a corruption that replicas follow",
    until: "2027-06-30",
  },
];

/** The row that accepts this miss on that day, if there is one. */
export function acceptedOn(
  today: string,
  miss: Pick<AcceptedMiss, "scenario" | "promise">,
): AcceptedMiss | undefined {
  return acceptedMisses.find(
    ({ scenario, promise, until }) =>
      scenario === miss.scenario && promise === miss.promise && today <= until,
  );
}
