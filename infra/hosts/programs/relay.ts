import type { Connection, Database } from "./database.ts";
import type { MachineIdentity } from "./machine-identity.ts";
import { messageOf, openQueue, type Queue } from "./queues.ts";
import type { Settings } from "./settings-document.ts";
import { firstLine } from "./unavailable.ts";

export interface RelayOptions {
  /** Its own: a queue that hangs must keep no connection from requests. */
  database: Database;
  identity: MachineIdentity;
  storage: () => Settings["storage"] | undefined;
}

/** For what the other server has accepted, and what is to be sent again. */
const pollMs = 500;
const mostAtOnce = 16;

/**
 * Jobs that are not done and whose message is in no queue that is drained first:
 * - accepted and not sent yet;
 * - sent to another account than the settings name now: that account may be gone with its region. At once, but each job
 *   once in 30 s: two API servers, of which one has newer settings, would send it to and fro until both have the same;
 * - overtaken: jobs that were accepted long after this one was sent are done. Its message is gone, since a promotion or
 *   a restore has taken its effect away. In a backlog nothing is overtaken;
 * - not done after five minutes, whatever the reason, and from then on each time it has waited as long again: a backlog
 *   takes hours, and its messages are all there.
 * Jobs that were never sent come first. A job that is sent twice has its effect once all the same.
 */
const due = `select job from outbox join jobs on id = job
  where account is null
    or account is distinct from $1
      and (moved_at is null or moved_at < clock_timestamp() - interval '30 seconds')
    or enqueued_at < clock_timestamp() - greatest(interval '5 minutes', enqueued_at - accepted_at)
    or enqueued_at + interval '10 seconds' < (
      select max(accepted_at) from jobs
      where id in (select job from effects order by done_at desc limit 16))
  order by account is null desc, accepted_at limit ${mostAtOnce} for update of outbox skip locked`;
const sent = `update outbox set account = $1, enqueued_at = clock_timestamp(),
    moved_at = case when account <> $1 then clock_timestamp() else moved_at end
  where job = any ($2)`;

/** Brings accepted jobs from the outbox into the queue that the settings name; every API server has one. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #queues = new Map<string, Queue>();
  #called = false;
  #wakeUp = () => {};
  #lastSaid = "";

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** A job was accepted: there is no reason to wait. */
  wake(): void {
    this.#called = true;
    this.#wakeUp();
  }

  /** Never ends and never rejects. */
  async run(): Promise<never> {
    for (;;) {
      const storage = this.#options.storage();
      const full = storage !== undefined && (await this.#round(storage));
      if (!full) await this.#rest();
    }
  }

  /** Whether there may be more to send at once. */
  async #round(storage: Settings["storage"]): Promise<boolean> {
    try {
      const results = await this.#options.database.use((connection) => this.#relay(connection, storage));
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
      this.#say(`jobs go to ${storage.account}`);
      return results.length === mostAtOnce;
    } catch (error) {
      this.#say(`jobs wait for ${storage.account}: ${firstLine(error)}`);
      return false;
    }
  }

  /** The rows stay locked until it is known which were sent: no other relay takes them meanwhile. */
  async #relay(connection: Connection, storage: Settings["storage"]) {
    await connection.query("begin");
    const { rows } = await connection.query<{ job: string }>(due, [storage.account]);
    const queue = this.#queueOf(storage);
    const results = await Promise.allSettled(rows.map(({ job }) => queue.send(messageOf(job))));
    const done = rows.filter((_, index) => results[index]?.status === "fulfilled").map(({ job }) => job);
    if (done.length > 0) await connection.query(sent, [storage.account, done]);
    await connection.query("commit");
    return results;
  }

  #queueOf(storage: Settings["storage"]): Queue {
    const name = `${storage.account}/${storage.queue}`;
    const queue = this.#queues.get(name) ?? openQueue(storage, this.#options.identity);
    this.#queues.set(name, queue);
    return queue;
  }

  async #rest(): Promise<void> {
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        this.#wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#called = false;
  }

  #say(text: string): void {
    if (text !== this.#lastSaid) process.stderr.write(`relay: ${text}\n`);
    this.#lastSaid = text;
  }
}
