import { type Answer, Client, type ClientTarget, reasonOf } from "./client.ts";
import type { ClientClass, Sample } from "./journal.ts";

/** What a probe calls and how it sees the plant. Sent as JSON to the probe process. */
export interface ProbeTarget extends ClientTarget {
  path: string;
  /** Servers that may answer. */
  servers: string[];
  /** Samples a second, each class. */
  perSecond: number;
}

/** One client: sends requests the way its class does and judges each answer. */
export class Probe {
  readonly #target: ProbeTarget;
  readonly #class: ClientClass;
  readonly #client: Client;
  #counter = 0;

  constructor(target: ProbeTarget, clientClass: ClientClass) {
    this.#target = target;
    this.#class = clientClass;
    this.#client = new Client(target, clientClass);
  }

  /** Sends one request. Never throws: a failure is a sample. `now` reads the monotonic clock, in ms. */
  async sample(dueMs: number, now: () => number): Promise<Sample> {
    const sentMs = now();
    const base = { kind: "sample", class: this.#class, dueMs, sentMs } as const;
    const { path, servers } = this.#target;
    try {
      const nonce = `${this.#class}-${this.#counter++}`;
      const served = judge(await this.#client.ask({ path: `${path}?nonce=${nonce}` }), nonce, servers);
      return { ...base, doneMs: now(), good: true, ...served };
    } catch (error) {
      return { ...base, doneMs: now(), good: false, failure: reasonOf(error) };
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** @returns who answered; throws when the answer is not what a client asked for. */
function judge(
  { status, body }: Answer,
  nonce: string,
  servers: readonly string[],
): { server: string; via: string[] } {
  if (status !== 200) throw new Error(`status ${status}`);
  const {
    server,
    via,
    nonce: echoed,
  } = JSON.parse(body) as { server: string; via?: string[]; nonce?: unknown };
  if (echoed !== nonce) throw new Error("wrong body");
  if (!servers.includes(server)) throw new Error("unknown server");
  return { server, via: via ?? [] };
}
