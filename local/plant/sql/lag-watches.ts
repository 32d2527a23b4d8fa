import type { Cluster } from "./cluster.ts";
import { LagWatch } from "./lag.ts";

/** One for each database that has a replica. */
export class LagWatches {
  readonly #watches = new Map<string, LagWatch>();

  start({ database, folder }: Cluster): void {
    this.stop(database);
    this.#watches.set(database, new LagWatch(folder));
  }

  stop(database: string): void {
    this.of(database)?.stop();
    this.#watches.delete(database);
  }

  stopAll(): void {
    this.#watches.forEach((watch) => watch.stop());
  }

  of(database: string): LagWatch | undefined {
    return this.#watches.get(database);
  }
}
