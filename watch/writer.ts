import { createHash } from "node:crypto";
import type { Attempt, EntryAttempt, Outcome } from "./attempts.ts";
import { Client, type ClientTarget, reasonOf } from "./client.ts";
import { monotonicMs, type Sample } from "./journal.ts";

export interface Telling {
  target: ClientTarget;
  tell: (what: Sample | Attempt) => void;
}

/**
 * Writes numbered entries, each with the hash of the one that was sent before it. Every entry is sent once: a second
 * try would hide what the first one left behind.
 */
export class Writer {
  readonly #client: Client;
  readonly #writer: string;
  readonly #tell: Telling["tell"];
  #seq = 0;
  #last = "";

  constructor({ target, writer, tell }: Telling & { writer: string }) {
    this.#client = new Client(target, "fresh");
    this.#writer = writer;
    this.#tell = tell;
  }

  /** Sends the next entry. Never throws: what goes wrong is told. */
  async write(dueMs: number): Promise<void> {
    const sentMs = monotonicMs();
    const entry = this.#next();
    const { sentAt: _sentAt, ...kept } = entry;
    const { outcome, failure, committedAt } = await this.#send(entry);
    const times = { sentMs, doneMs: monotonicMs() };
    const attempt: EntryAttempt = { kind: "attempt", what: "entry", ...kept, ...times, outcome };
    this.#tell(committedAt === undefined ? attempt : { ...attempt, committedAt });
    const sample = { kind: "sample", class: "writes", dueMs, ...times } as const;
    this.#tell(failure === undefined ? { ...sample, good: true } : { ...sample, good: false, failure });
  }

  #next() {
    const [seq, previous, sentAt] = [this.#seq++, this.#last, new Date().toISOString()];
    const hash = createHash("sha256").update(`${this.#writer} ${seq} ${sentAt} ${previous}`).digest("hex");
    this.#last = hash;
    return { writer: this.#writer, seq, sentAt, previous, hash };
  }

  async #send(entry: object): Promise<{ outcome: Outcome; failure?: string; committedAt?: string }> {
    try {
      const { status, body } = await this.#client.ask({ method: "POST", path: "/v1/entries", body: entry });
      if (status !== 200) return { outcome: outcomeOf(status), failure: `status ${status}` };
      const { committedAt } = JSON.parse(body) as { committedAt?: string };
      if (committedAt === undefined) return { outcome: "unknown", failure: "wrong body" };
      return { outcome: "acknowledged", committedAt };
    } catch (error) {
      return { outcome: "unknown", failure: reasonOf(error) };
    }
  }
}

/** A server's or a proxy's error does not say how far the request had come. */
export function outcomeOf(status: number): Outcome {
  return status >= 400 && status < 500 ? "rejected" : "unknown";
}
