import { ClientRecords } from "./components/client-records.ts";
import { originAddress, type Settings } from "./config.ts";

/** The failover stack: everything a recovery changes. */
export function failoverStack({ zone, host, aliases, endpoints, axes, ...settings }: Settings) {
  const records = new ClientRecords("clients", {
    zone,
    host,
    aliases,
    origin: originAddress(endpoints, axes.origin),
    edge: axes.edge,
  });
  return {
    topology: settings.topology,
    url: `https://${records.clientName}:${settings.clientPort}/`,
    edge: axes.edge,
    origin: axes.origin,
  };
}
