import { ClientRecords } from "./components/client-records.ts";
import { originAddress, type Settings } from "./config.ts";

/**
 * The failover stack: everything a recovery changes.
 * Its outputs say what is live, so they wait for the record: after a refused switch they still name the old topology.
 */
export function failoverStack({ zone, host, aliases, endpoints, axes, ...settings }: Settings) {
  const records = new ClientRecords("clients", {
    zone,
    host,
    aliases,
    origin: originAddress(endpoints, axes.origin),
    edge: axes.edge,
  });
  return {
    url: `https://${records.clientName}:${settings.clientPort}/`,
    topology: records.settled.apply(() => settings.topology),
    edge: records.settled.apply(() => axes.edge),
    origin: records.settled.apply(() => axes.origin),
  };
}
