import { AzureRefusal } from "../azure-refusal.ts";
import { sides } from "../data-hosts.ts";
import type { Side } from "../data-hosts.ts";
import type { Cluster, ClusterPlace } from "./cluster.ts";

/** The databases of both servers. */
export class Clusters {
  readonly #clusters = new Map<string, Cluster>();

  add(cluster: Cluster): void {
    this.#clusters.set(cluster.name, cluster);
  }

  remove({ name }: Cluster): void {
    this.#clusters.delete(name);
  }

  /** @throws AzureRefusal */
  get(place: ClusterPlace): Cluster {
    const cluster = this.#find(place);
    if (cluster) return cluster;
    throw new AzureRefusal(
      "ResourceNotFound",
      `The ${place.side} server has no database '${place.database}'.`,
    );
  }

  on(side: Side): Cluster[] {
    return [...this.#clusters.values()].filter((cluster) => cluster.side === side);
  }

  /** @throws AzureRefusal */
  primaryOf(database: string): Cluster {
    const all = sides.map((side) => this.#find({ side, database }));
    const primary = all.find((cluster) => cluster?.role === "primary");
    if (primary) return primary;
    throw new AzureRefusal("ResourceNotFound", `No server has a primary of '${database}'.`);
  }

  assertAbsent(place: ClusterPlace): void {
    if (!this.#find(place)) return;
    throw new AzureRefusal(
      "RemoteDatabaseExists",
      `The ${place.side} server has a database '${place.database}' already.`,
    );
  }

  #find({ side, database }: ClusterPlace): Cluster | undefined {
    return this.#clusters.get(`${side}/${database}`);
  }
}

export function otherSide(side: Side): Side {
  return side === "primary" ? "secondary" : "primary";
}

/** @throws AzureRefusal */
export function assertPrimary({ role, name }: Cluster): void {
  if (role === "primary") return;
  throw new AzureRefusal("RestoreNotSupportedForGeoDrSecondary", `${name} is no primary (${role}).`);
}
