import { createHash } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Attempt, EntryAttempt, JobAttempt } from "../../watch/attempts.ts";
import type { Sample } from "../../watch/journal.ts";
import { Workload } from "../../watch/workload.ts";
import { type Answer, type Asked, Service } from "./service.ts";

interface Row {
  seq: number;
  sentAt: string;
  previous: string;
  hash: string;
}

/** As much of the application as clients see of it. */
class Application {
  readonly rows: Row[] = [];
  readonly jobs = new Map<string, { payload: string; looks: number }>();
  /** A job is done when it has been looked at so often. */
  looksUntilDone = 1;
  /** What happens to a request before it is served; undefined lets it through. */
  disturb: (asked: Asked) => ReturnType<Answer> | undefined = () => undefined;

  readonly answer: Answer = (asked) => {
    const { method, url, body } = asked;
    const disturbed = this.disturb(asked);
    if (disturbed) return disturbed;
    if (method === "GET") return this.#look(url.pathname.split("/").at(-1) ?? "");
    const sent = JSON.parse(body) as Row & { id: string; payload: string };
    if (url.pathname === "/v1/entries") {
      this.rows.push(sent);
      return { status: 200, body: JSON.stringify({ committedAt: new Date().toISOString() }) };
    }
    this.jobs.set(sent.id, { payload: sent.payload, looks: 0 });
    return { status: 202, body: JSON.stringify({ id: sent.id }) };
  };

  #look(id: string): ReturnType<Answer> {
    const job = this.jobs.get(id);
    if (!job) return { status: 404, body: "" };
    job.looks += 1;
    return {
      status: 200,
      body: JSON.stringify({ state: job.looks >= this.looksUntilDone ? "done" : "accepted" }),
    };
  }
}

class Watched {
  readonly samples: Sample[] = [];
  readonly attempts: Attempt[] = [];
  readonly application = new Application();
  workload!: Workload;

  async start(t: ExecutionContext): Promise<this> {
    const service = await new Service(this.application.answer).start(t);
    this.workload = new Workload(service.target);
    t.teardown(() => this.workload.stop());
    this.workload.sendTo((told) => {
      if (told.kind === "sample") this.samples.push(told);
      else this.attempts.push(told);
    });
    return this;
  }

  /** Lets it work until there are so many attempts of a kind, then ends it in order. */
  async until(count: number, what: Attempt["what"]): Promise<void> {
    while (this.attempts.filter((attempt) => attempt.what === what).length < count) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.workload.stop();
  }

  get entries(): EntryAttempt[] {
    return this.attempts
      .filter((attempt): attempt is EntryAttempt => attempt.what === "entry")
      .toSorted((a, b) => a.seq - b.seq);
  }

  get given(): JobAttempt[] {
    return this.attempts.filter((attempt): attempt is JobAttempt => attempt.what === "job");
  }
}

test("entries are numbered without a gap and chained, ten a second, each acknowledged with its commit", async (t) => {
  const watched = await new Watched().start(t);
  await watched.until(12, "entry");
  const { entries, application, workload } = watched;
  t.deepEqual(
    entries.map(({ seq }) => seq),
    entries.map((_, i) => i),
  );
  let previous = "";
  for (const { seq, sentAt, previous: told, hash } of application.rows.toSorted((a, b) => a.seq - b.seq)) {
    t.is(told, previous);
    t.is(hash, createHash("sha256").update(`${workload.writer} ${seq} ${sentAt} ${previous}`).digest("hex"));
    previous = hash;
  }
  t.true(
    entries.every(({ outcome, committedAt }) => outcome === "acknowledged" && committedAt !== undefined),
  );
  const dues = watched.samples.filter((sample) => sample.class === "writes").map(({ dueMs }) => dueMs);
  t.is(Math.round((Math.max(...dues) - Math.min(...dues)) / (dues.length - 1)), 100);
});

const outcomes: Record<string, [ReturnType<Answer>, EntryAttempt["outcome"], RegExp]> = {
  "an answer that says no": [{ status: 409, body: "" }, "rejected", /^status 409$/],
  "a server's error": [{ status: 503, body: "" }, "unknown", /^status 503$/],
  "a page instead of an answer": [{ status: 200, body: "{}" }, "unknown", /^wrong body$/],
  "a broken connection": ["broken", "unknown", /ECONNRESET|socket hang up/],
  silence: ["silence", "unknown", /^no answer in time$/],
};

for (const [what, [answer, outcome, failure]] of Object.entries(outcomes)) {
  test(`${what} is ${outcome}: it is not sent again, and the next one hangs on it`, async (t) => {
    const watched = await new Watched().start(t);
    const { application } = watched;
    application.disturb = ({ url, body }) =>
      url.pathname === "/v1/entries" && (JSON.parse(body) as Row).seq === 2 ? answer : undefined;
    await watched.until(6, "entry");
    const { entries, samples } = watched;
    const [, , disturbed, next] = entries;
    t.is(disturbed?.outcome, outcome);
    t.is(next?.outcome, "acknowledged");
    t.is(next?.previous, disturbed?.hash);
    t.false(application.rows.some(({ seq }) => seq === 2));
    const sample = samples.find(
      ({ sentMs, ...rest }) => rest.class === "writes" && sentMs === disturbed?.sentMs,
    );
    t.false(sample?.good);
    t.regex(sample?.failure ?? "", failure);
  });
}

test("a job is good once it is seen to be done, four a second", async (t) => {
  const watched = await new Watched().start(t);
  watched.application.looksUntilDone = 2;
  await watched.until(6, "job");
  const samples = watched.samples.filter((sample) => sample.class === "jobs");
  t.is(samples.length, watched.given.length);
  t.true(samples.every(({ good, sentMs, doneMs }) => good && doneMs - sentMs >= 500));
  t.deepEqual(watched.given.map(({ id }) => id).toSorted(), [...watched.application.jobs.keys()].toSorted());
});

test("a job that is accepted and not done in its time is a failed sample, and still accepted", async (t) => {
  const watched = await new Watched().start(t);
  watched.application.looksUntilDone = Infinity;
  await watched.until(2, "job");
  const samples = watched.samples.filter((sample) => sample.class === "jobs");
  t.true(samples.length > 0 && samples.every(({ good }) => !good));
  t.is(samples[0]?.failure, "not done in time");
  t.true(samples.every(({ dueMs, doneMs }) => doneMs - dueMs >= 3700 && doneMs - dueMs <= 4500));
  t.true(watched.given.every(({ outcome }) => outcome === "acknowledged"));
});

test("a surge gives so many jobs more, which nobody waits for", async (t) => {
  const watched = await new Watched().start(t);
  watched.workload.surge(40);
  await watched.until(42, "job");
  t.is(watched.given.filter(({ surge }) => surge).length, 40);
  const samples = watched.samples.filter((sample) => sample.class === "jobs");
  t.is(samples.length, watched.given.length - 40);
});
