import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { JobAttempt, Outcome } from "./attempts.ts";
import { Client, reasonOf } from "./client.ts";
import { monotonicMs, workClasses } from "./journal.ts";
import { outcomeOf, type Telling } from "./writer.ts";

/** Between two looks at whether a job is done. */
const lookEveryMs = 250;
/** Requests of a surge at the same time. */
const surgeWidth = 8;

/** Gives jobs and watches each until it is done, or should have been. */
export class JobGiver {
  /** Looks up the name for each job it gives; only this is what is judged. */
  readonly #client: Client;
  /** For the many requests that nobody waits for. */
  readonly #pooled: Client;
  readonly #tell: Telling["tell"];

  constructor({ target, tell }: Telling) {
    this.#client = new Client(target, "fresh");
    this.#pooled = new Client(target, "pooled");
    this.#tell = tell;
  }

  /** Gives one job. Never throws: what goes wrong is told. */
  async give(dueMs: number): Promise<void> {
    const { failure, ...attempt } = await this.#order(this.#client);
    this.#tell(attempt);
    const untilMs = dueMs + workClasses.jobs.boundMs;
    const missed = failure ?? (await this.#done(attempt.id, untilMs));
    const sample = { kind: "sample", class: "jobs", dueMs, sentMs: attempt.sentMs } as const;
    const doneMs = monotonicMs();
    this.#tell(
      missed === undefined
        ? { ...sample, doneMs, good: true }
        : { ...sample, doneMs, good: false, failure: missed },
    );
  }

  /** Gives that many jobs as fast as they are taken. */
  async giveAtOnce(count: number): Promise<void> {
    let left = count;
    const some = async (): Promise<void> => {
      while (left-- > 0) {
        const { failure: _failure, ...attempt } = await this.#order(this.#pooled);
        this.#tell({ ...attempt, surge: true });
      }
    };
    await Promise.all(Array.from({ length: surgeWidth }, some));
  }

  async #order(client: Client): Promise<JobAttempt & { failure?: string }> {
    const id = randomUUID();
    const job = { id, payload: `work of ${id}` };
    const sentMs = monotonicMs();
    const { outcome, failure } = await ordered(client, job);
    const attempt = { kind: "attempt", what: "job", ...job, sentMs, doneMs: monotonicMs(), outcome } as const;
    return failure === undefined ? attempt : { ...attempt, failure };
  }

  /** @returns undefined once it is done, else why nobody could say so in time */
  async #done(id: string, untilMs: number): Promise<string | undefined> {
    let seen = "not done in time";
    while (monotonicMs() + lookEveryMs <= untilMs) {
      await delay(lookEveryMs);
      try {
        const { status, body } = await this.#pooled.ask({ path: `/v1/jobs/${id}` });
        if (status === 200 && (JSON.parse(body) as { state?: string }).state === "done")
          return monotonicMs() <= untilMs ? undefined : "not done in time";
        seen = status === 200 ? "not done in time" : `status ${status}`;
      } catch (error) {
        seen = reasonOf(error);
      }
    }
    return seen;
  }
}

async function ordered(client: Client, job: object): Promise<{ outcome: Outcome; failure?: string }> {
  try {
    const { status } = await client.ask({ method: "POST", path: "/v1/jobs", body: job });
    if (status === 202) return { outcome: "acknowledged" };
    return { outcome: outcomeOf(status), failure: `status ${status}` };
  } catch (error) {
    return { outcome: "unknown", failure: reasonOf(error) };
  }
}
