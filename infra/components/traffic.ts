import type { Axes } from "../topologies.ts";
import { ClientRecords, type ClientRecordsArgs } from "./client-records.ts";
import { bypassRule, type ServerRulesArgs } from "./server-rules.ts";

export interface TrafficArgs {
  serverRules: ServerRulesArgs;
  bypass: Axes["bypass"];
  records: Omit<ClientRecordsArgs, "after">;
}

/** What a switch of traffic moves, in the order in which it has to move. */
export function openTraffic({ serverRules, bypass, records }: TrafficArgs) {
  const openBypass = () => bypassRule({ ...serverRules, bypass });
  if (bypass === "open") {
    // Servers let clients in before the record sends them there.
    const rule = openBypass();
    return { bypass: rule, records: new ClientRecords("clients", { ...records, after: [rule] }) };
  }
  // Where they need not, no trouble of Azure's keeps the record from moving.
  const moved = new ClientRecords("clients", { ...records, after: [] });
  return { bypass: openBypass(), records: moved };
}
