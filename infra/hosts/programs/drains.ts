import os from "node:os";
import { Results } from "./blobs.ts";
import { Database } from "./database.ts";
import { Drain } from "./drain.ts";
import type { HostFile } from "./host-file.ts";
import { machineIdentity, type MachineIdentity } from "./machine-identity.ts";
import type { SettingsFollower } from "./settings.ts";
import type { Settings } from "./settings-document.ts";
import type { Worker } from "./work.ts";

export interface WorkerHost extends HostFile {
  /** Of the pool it belongs to. */
  region: string;
}

const databaseMs = 3000;

/** After an empty queue: of the account in use, and of others, where work is rare. */
const restMs = { current: 250, other: 1000 };

/**
 * The worker's queues: that of the account in the settings, and those of the others, so that what a dead region held is
 * done after it is back. One drain each, one job at a time.
 */
export class Drains {
  readonly #follower: SettingsFollower;
  readonly #identity: MachineIdentity;
  readonly #worker: Worker;
  readonly #running = new Map<string, Drain>();
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor({ settings: { clientId }, region }: WorkerHost, follower: SettingsFollower) {
    this.#follower = follower;
    this.#identity = machineIdentity(clientId);
    const identity = this.#identity;
    const place = () => follower.current?.database;
    this.#worker = {
      name: os.hostname(),
      region,
      database: new Database({ clientId, identity, place, connections: 2, workMs: databaseMs }),
      results: new Results(identity),
      workMs: Number(process.env["WORK_MS"] ?? 0),
      account: () => follower.current?.storage.account ?? "",
    };
  }

  /** Opens a drain for each account that the settings name now. */
  follow(): void {
    const storage = this.#follower.current?.storage;
    if (!storage || this.#stopping) return;
    for (const account of [storage.account, ...storage.others]) {
      if (!this.#running.has(account)) this.#open(account, storage.queue);
    }
  }

  /** Takes nothing more; resolves when the job in work is done. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running.values()].map((drain) => drain.finish()));
  }

  #open(account: string, queue: string): void {
    const drain = new Drain({
      account,
      queue,
      identity: this.#identity,
      worker: this.#worker,
      inTurn: (work) => this.#inTurn(work),
      restMs: () => this.#restMs(account, this.#follower.current?.storage),
    });
    this.#running.set(account, drain);
    void drain.run().then(() => this.#running.delete(account));
  }

  #restMs(account: string, storage: Settings["storage"] | undefined): number | null {
    if (this.#stopping || !storage) return null;
    if (storage.account === account) return restMs.current;
    return storage.others.includes(account) ? restMs.other : null;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    // Its failure is told to whoever asked.
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
