import { setTimeout as pause } from "node:timers/promises";
import type { MachineIdentity } from "./machine-identity.ts";
import { hiddenSeconds, jobIn, type Message, openQueue, type Queue } from "./queues.ts";
import { firstLine } from "./unavailable.ts";
import { doJob, type Worker } from "./work.ts";

export interface DrainOptions {
  account: string;
  queue: string;
  identity: MachineIdentity;
  worker: Worker;
  /** Lets one job after the other of all drains have the worker. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** How long to wait after the queue was empty; null: nothing is to be taken from it any more. */
  restMs: () => number | null;
}

const afterFailureMs = 1000;
const tryAgainMs = 500;
const mostDeliveries = 5;
const putAside = "insert into poison (account, message, reason) values ($1, $2, $3)";

/** Takes the messages of one account's queue. An account that hangs holds up this drain alone. */
export class Drain {
  readonly #options: DrainOptions;
  readonly #queue: Queue;
  #inHand: Promise<void> = Promise.resolve();
  #lastSaid = "";

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#queue = openQueue(options, options.identity);
  }

  /** Ends when nothing is to be taken any more. Never rejects. */
  async run(): Promise<void> {
    for (let restMs = this.#options.restMs(); restMs !== null; restMs = this.#options.restMs()) {
      try {
        await this.#next(restMs);
        this.#say("drained");
      } catch (error) {
        this.#say(`out of reach: ${firstLine(error)}`);
        await pause(afterFailureMs);
      }
    }
  }

  /** Resolves when the job in work is done, and no message in hand. */
  async finish(): Promise<void> {
    await Promise.allSettled([this.#inHand]);
  }

  async #next(restMs: number): Promise<void> {
    const message = await this.#queue.receive();
    if (!message) return pause(restMs);
    this.#inHand = this.#handle(message);
    await this.#inHand;
  }

  async #handle(message: Message): Promise<void> {
    const untilMs = performance.now() + hiddenSeconds * 1000;
    const handled = await this.#options.inTurn(() => this.#try(message, untilMs));
    // Not in turn: the account may be gone meanwhile, and the worker is wanted by the other one.
    if (handled) await this.#queue.delete(message);
  }

  /** Whatever fails is tried again for as long as nobody else gets the message; afterwards somebody does. */
  async #try(message: Message, untilMs: number): Promise<boolean> {
    while (this.#options.restMs() !== null && performance.now() < untilMs) {
      try {
        return await this.#do(message);
      } catch (error) {
        this.#say(`a job waits: ${firstLine(error)}`);
        await pause(tryAgainMs);
      }
    }
    return false;
  }

  /** Whether the message has had its day. */
  async #do(message: Message): Promise<boolean> {
    const outcome = await doJob(jobIn(message.text), this.#options.worker);
    if (outcome !== "nonsense") return true;
    // Settings reach hosts one by one: a moment later its database may be this worker's, too.
    if (message.deliveries < mostDeliveries) return false;
    await this.#putAside(message);
    return true;
  }

  async #putAside({ text, deliveries }: Message): Promise<void> {
    const { account, worker } = this.#options;
    const reason = `no job of this database, delivered ${deliveries} times`;
    await worker.database.use((connection) => connection.query(putAside, [account, text, reason]));
    process.stderr.write(`queue of ${account}: put aside ${JSON.stringify(text)}: ${reason}\n`);
  }

  #say(text: string): void {
    if (text !== this.#lastSaid) process.stderr.write(`queue of ${this.#options.account}: ${text}\n`);
    this.#lastSaid = text;
  }
}
