import { type Axes, clientTtlSeconds } from "../../infra/topologies.ts";
import { boxes, type Place, type Way, ways } from "./topology-map.ts";

const places: Readonly<Record<Axes["origin"], Place>> = {
  "load-balancer-main": "lbMain",
  "load-balancer-backup": "lbBackup",
  "api-main": "apiMain",
  "api-backup": "apiBackup",
};
const servers: Readonly<Record<Axes["api"], readonly Place[]>> = {
  both: ["apiMain", "apiBackup"],
  main: ["apiMain"],
  backup: ["apiBackup"],
};
const databases: Readonly<Record<Axes["database"], Place>> = {
  live: "databasePrimary",
  restored: "databaseRestored",
  secondary: "databaseSecondary",
};
const storages: Readonly<Record<Axes["storage"], Place>> = {
  primary: "storagePrimary",
  secondary: "storageSecondary",
};

/** The ways that requests and jobs take in a topology, from axis values alone. */
export function waysOf({ edge, origin, api, database, storage }: Axes): Way[] {
  const first = places[origin];
  const behind = first.startsWith("lb") ? servers[api] : [];
  const serving = behind.length > 0 ? behind : [first];
  const store = storages[storage];
  return [
    way("clients", "dns"),
    ...(edge === "proxied" ? [way("dns", "edge"), way("edge", first)] : [way("dns", first)]),
    ...behind.map((server) => way(first, server)),
    ...serving.map((server) => way(server, "data")),
    way("data", databases[database]),
    way("data", store),
    way(store, "workersPrimary"),
    way(store, "workersSecondary"),
  ];
}

function way(from: Place | "data", to: Place | "data"): Way {
  const name = `${from} ${to}`;
  if (name in ways) return name as Way;
  throw new Error(`the map of the plant has no way from ${from} to ${to}`);
}

/** What the boxes say in a topology. */
export function labelsOf({ edge, workers, database }: Axes): Partial<Record<Place, string>> {
  return {
    dns: `${edge === "proxied" ? "the edge's" : "a server's"} address, for ${clientTtlSeconds[edge]} s`,
    workersSecondary: workers === "scaled" ? "scaled" : "at rest",
    databaseSecondary: database === "secondary" ? "database" : "replica",
  };
}

/** A database that was restored stands in no picture in which nobody uses it. */
export function placesOf(axes: Axes): Place[] {
  const all = Object.keys(boxes) as Place[];
  return all.filter((place) => place !== "databaseRestored" || axes.database === "restored");
}

export function firewallText({ bypass }: Axes): string {
  return bypass === "open" ? "firewall: open to everybody" : "firewall: lets in the edge alone";
}
