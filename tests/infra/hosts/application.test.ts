import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import type { ExecutionContext } from "ava";
import { sides } from "../../../local/plant/data-hosts.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { accounts, type Api, Application, queue } from "./application.ts";

const deadlineMs = 30_000;
let application: Application;

test.before(async () => {
  application = await Application.start();
});

test.after.always(() => application?.stop());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function entry(writer: string, seq: number, hash = sha256(`${seq}`)) {
  return { writer, seq, sentAt: new Date().toISOString(), previous: "", hash };
}

function job(id: string = randomUUID()) {
  return { id, payload: `work of ${id}` };
}

async function served(t: ExecutionContext) {
  const database = await application.createDatabase();
  const published = await application.publish(t, database);
  const api = await application.startApi(t, published);
  const rows = (sql: string, values?: unknown[]) => application.postgres.query(sql, values, database);
  return { database, published, api, rows };
}

async function until(what: () => Promise<boolean>): Promise<void> {
  await poll({ deadlineMs, until: async () => (await what()) || "not yet" });
}

const isDone = async (api: Api, id: string) => (await api.get(`/v1/jobs/${id}`)).body["state"] === "done";
const areEmpty = async () => {
  const counts = await Promise.all(
    sides.map((side) => application.storage.messageCount(accounts[side], queue)),
  );
  return counts.every((count) => count === 0);
};

function jobsOf(effects: Record<string, unknown>[]): string[] {
  return effects.map((effect) => String(effect["job"])).toSorted();
}

test.serial("an entry that is acknowledged is in the database, once however often it is sent", async (t) => {
  const { api, rows } = await served(t);
  const writer = randomUUID();
  const first = await api.post("/v1/entries", entry(writer, 0));
  t.is(first.status, 200);
  const [row] = await rows("select committed_at from entries where writer = $1", [writer]);
  t.deepEqual(row?.["committed_at"], new Date(String(first.body["committedAt"])));
  t.deepEqual((await api.post("/v1/entries", entry(writer, 0))).body, first.body);
  t.is((await api.post("/v1/entries", entry(writer, 0, "another"))).status, 409);
  // A time, but none of PostgreSQL's.
  const refused = await api.post("/v1/entries", { ...entry(writer, 1), sentAt: "0000-01-01T00:00:00.000Z" });
  t.is(refused.status, 400);
  t.deepEqual(await rows("select count(*)::int as count from entries"), [{ count: 1 }]);
});

test.serial("only customers are served, and only what is as it must be", async (t) => {
  const { api, rows } = await served(t);
  t.is((await api.ask("GET", "/v1/echo", { key: null })).status, 401);
  t.is((await api.ask("GET", "/v1/echo", { key: "a stranger's" })).status, 401);
  t.is((await api.get("/v1/echo?nonce=n")).body["nonce"], "n");
  t.is((await api.ask("GET", "/healthz", { key: null })).status, 200);
  await rows("delete from api_keys");
  t.is((await api.get("/v1/echo")).status, 401);
  const bad = {
    "no JSON": "{",
    "no UUID": entry("writer", 0),
    "no time": { ...entry(randomUUID(), 0), sentAt: "1" },
    "no day": { ...entry(randomUUID(), 0), sentAt: "2026-02-30T00:00:00.000Z" },
    "no number": { ...entry(randomUUID(), 0), seq: "0" },
    "no text": { ...job(), payload: "\0" },
  };
  for (const [what, body] of Object.entries(bad)) {
    t.is((await api.post(what === "no text" ? "/v1/jobs" : "/v1/entries", body)).status, 400, what);
  }
  t.is((await api.post("/v1/jobs", { ...job(), payload: "x".repeat(20_000) })).status, 413);
});

test.serial("the edge and the load balancers are believed about the client, nobody else is", async (t) => {
  const [edge, secondEdge, loadBalancer] = [80, 81, 11].map((last) => application.addressOf(last));
  const stranger = application.addressOf(99);
  const published = await application.publish(t, await application.createDatabase());
  const believed = { edgeRanges: [`${edge}/31`], loadBalancers: [loadBalancer ?? ""] };
  const api = await application.startApi(t, published, believed);
  const headers = {
    "cf-connecting-ip": "192.0.2.1",
    "x-forwarded-for": "192.0.2.2",
    via: "1.1 edge, 1.1 load-balancer-main",
  };
  const told = async (from = "") => (await api.ask("GET", "/v1/echo", { from, headers })).body;
  t.like(await told(edge), { client: "192.0.2.1", via: ["edge", "load-balancer-main"] });
  t.like(await told(secondEdge), { client: "192.0.2.1" });
  t.like(await told(loadBalancer), { client: "192.0.2.2" });
  t.like(await told(stranger), { client: stranger, settings: published.settings });
});

test.serial("an API server that returns takes its first client with the settings of today", async (t) => {
  const published = await application.publish(t, await application.createDatabase());
  const known = { ...published.settings, added: "later" };
  published.use("secondary");
  const api = await application.startApi(t, published, { known });
  t.deepEqual((await api.get("/v1/echo")).body["settings"], published.settings);
});

test.serial("an API server waits for a store that hangs no longer than for one pull", async (t) => {
  const published = await application.publish(t, await application.createDatabase());
  const known = published.settings;
  published.use("secondary");
  published.store.mode = "hang";
  const api = await application.startApi(t, published, { known: { ...known, added: "later" } });
  t.deepEqual((await api.get("/v1/echo")).body["settings"], known);
});

test.serial("a job is done once although two workers get each message twice", async (t) => {
  const { api, published, rows } = await served(t);
  await Promise.all([1, 2].map(() => application.startWorker(t, published)));
  const jobs = Array.from({ length: 10 }, () => job());
  for (const each of jobs) {
    t.is((await api.post("/v1/jobs", each)).status, 202);
    await application.queueOf("primary").sendMessage(JSON.stringify({ job: each.id }));
  }
  const [one] = jobs;
  t.is((await api.post("/v1/jobs", one)).status, 202);
  t.is((await api.post("/v1/jobs", { ...one, payload: "another" })).status, 409);
  t.is((await api.get(`/v1/jobs/${randomUUID()}`)).status, 404);
  await until(async () => (await Promise.all(jobs.map(({ id }) => isDone(api, id)))).every(Boolean));
  await until(areEmpty);
  const effects = await rows("select job, blob, hash from effects");
  t.is(effects.length, jobs.length);
  t.deepEqual(jobsOf(effects), jobs.map(({ id }) => id).toSorted());
  t.deepEqual(await rows("select job from outbox"), []);
  const blobs = await application.storage.blobs(accounts.primary, "files");
  for (const { job: id, blob, hash } of effects) {
    t.is(blob, `${accounts.primary}/files/results/${String(id)}`);
    t.is(String(hash), sha256(sha256(`work of ${String(id)}`)));
    t.is(blobs.find(({ name }) => name === `results/${String(id)}`)?.hash, String(hash));
  }
});

test.serial("a job is under way within moments", async (t) => {
  const { api, published } = await served(t);
  await application.startWorker(t, published);
  const times: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    const one = job();
    const startedMs = performance.now();
    await api.post("/v1/jobs", one);
    await until(() => isDone(api, one.id));
    times.push(Math.round(performance.now() - startedMs));
  }
  t.log(`from request to done, 100 ms of work in it: ${times.join(", ")} ms`);
  const median = times.toSorted((a, b) => a - b)[4] ?? 0;
  t.true(median < 1500, `${median} ms`);
});

test.serial(
  "a database that refuses writes is told from one that is gone, and both are found again",
  async (t) => {
    const { api, rows, database } = await served(t);
    const writer = randomUUID();
    t.is((await api.post("/v1/entries", entry(writer, 0))).status, 200);
    const end =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()";
    await application.postgres.query(`alter database "${database}" set default_transaction_read_only = on`);
    await application.postgres.query(end, [database]);
    await pause(50);
    const refused = await api.post("/v1/entries", entry(writer, 1));
    t.is(refused.status, 503);
    t.deepEqual(refused.body, { error: "unavailable", reason: "database refuses writes" });
    t.is((await api.get("/v1/echo")).status, 200);
    await application.postgres.query(`alter database "${database}" reset default_transaction_read_only`);
    // The connection of the last request reads only, still: it is given up with the next failure.
    await until(async () => (await api.post("/v1/entries", entry(writer, 2))).status === 200);
    t.deepEqual(await rows("select seq::int from entries order by seq"), [{ seq: 0 }, { seq: 2 }]);
  },
);

test.serial(
  "sessions that the database ends, idle or in the middle of something, cost no request",
  async (t) => {
    const { api, rows } = await served(t);
    const end = "select pg_terminate_backend(pid) from pg_stat_activity where usename <> 'postgres'";
    const writer = randomUUID();
    const statuses: number[] = [];
    const write = async (seq: number) => {
      statuses.push((await api.post("/v1/entries", entry(writer, seq))).status);
    };
    await write(0);
    await rows(end);
    await write(1);
    const locked = rows("lock table entries in access exclusive mode; select pg_sleep(0.5)");
    await pause(100);
    const writing = write(2);
    await pause(100);
    await rows(end);
    await Promise.all([locked, writing]);
    t.deepEqual(statuses, [200, 200, 200]);
    t.false(api.running.ended);
  },
);

test.serial("a database that hangs costs a request a second, and one request when it is back", async (t) => {
  const { api } = await served(t);
  t.is((await api.get("/v1/echo")).status, 200);
  await application.setDatabaseNetwork("black-hole");
  const hung = await Promise.all(Array.from({ length: 12 }, () => api.get("/v1/echo")));
  for (const { status, body, ms } of hung) {
    t.is(status, 503);
    t.regex(String(body["reason"]), /^database out of reach/);
    t.true(ms < 3000, `${ms} ms`);
  }
  t.is((await api.get("/healthz")).status, 200);
  await application.setDatabaseNetwork("pass");
  const startedMs = performance.now();
  await until(async () => (await api.get("/v1/echo")).status === 200);
  t.log(`found again after ${Math.round(performance.now() - startedMs)} ms`);
});

test.serial("the database that the settings name is used, from then on", async (t) => {
  const { api, published } = await served(t);
  const writer = randomUUID();
  const other = await application.createDatabase();
  t.is((await api.post("/v1/entries", entry(writer, 0))).status, 200);
  published.database = other;
  published.use("primary");
  await until(async () => {
    await api.post("/v1/entries", entry(writer, 1));
    return (await application.postgres.query("select from entries", [], other)).length > 0;
  });
  t.deepEqual(await application.postgres.query("select seq::int from entries", [], other), [{ seq: 1 }]);
});

test.serial(
  "storage that hangs stops nobody; its jobs are done elsewhere, once, and it is drained when it is back",
  async (t) => {
    const { api, published, rows } = await served(t);
    const stranded = job();
    await api.post("/v1/jobs", stranded);
    await until(async () => (await application.storage.messageCount(accounts.primary, queue)) === 1);
    await application.storage.setRegion("primary", "frozen");
    t.teardown(() => application.storage.setRegion("primary", "served"));
    const waiting = job();
    t.is((await api.post("/v1/jobs", waiting)).status, 202);
    const writer = randomUUID();
    for (let seq = 0; seq < 20; seq += 1) {
      t.is((await api.post("/v1/entries", entry(writer, seq))).status, 200);
    }
    await application.startWorker(t, published);
    published.use("secondary");
    await until(async () => (await isDone(api, stranded.id)) && isDone(api, waiting.id));
    t.is(await application.storage.messageCount(accounts.secondary, queue), 0);
    await application.storage.setRegion("primary", "served");
    await until(areEmpty);
    const effects = await rows("select job, blob from effects");
    t.is(effects.length, 2);
    t.deepEqual(jobsOf(effects), [stranded.id, waiting.id].toSorted());
    for (const { blob } of effects) t.true(String(blob).startsWith(`${accounts.secondary}/`));
  },
);

test.serial("a job whose effect a restore took away is done again when later ones are done", async (t) => {
  const { api, published, rows } = await served(t);
  await application.startWorker(t, published);
  const early = job();
  await api.post("/v1/jobs", early);
  await until(() => isDone(api, early.id));
  await rows("delete from effects");
  await rows("insert into outbox values ($1, $2, now() - interval '1 minute')", [early.id, accounts.primary]);
  await pause(1000);
  t.false(await isDone(api, early.id));
  await api.post("/v1/jobs", job());
  await until(() => isDone(api, early.id));
  await until(areEmpty);
  t.deepEqual(await rows("select count(*)::int as count from effects"), [{ count: 2 }]);
});

test.serial(
  "a job is sent to the other account at once, and back no sooner than in half a minute",
  async (t) => {
    const { api, published, rows } = await served(t);
    const one = job();
    await api.post("/v1/jobs", one);
    const isIn = (side: "primary" | "secondary") => async () =>
      (await rows("select from outbox where account = $1", [accounts[side]])).length === 1;
    await until(isIn("primary"));
    published.use("secondary");
    await until(isIn("secondary"));
    published.use("primary");
    await pause(2000);
    t.true(await isIn("secondary")());
    await rows("update outbox set moved_at = moved_at - interval '30 seconds'");
    await until(isIn("primary"));
    await application.startWorker(t, published);
    await until(areEmpty);
  },
);

test.serial("what waits for long is sent again when it has waited as long again", async (t) => {
  const { api, rows } = await served(t);
  const [backlog, lost] = [job(), job()];
  for (const { id } of [backlog, lost]) await api.post("/v1/jobs", job(id));
  await until(async () => (await rows("select from outbox where account is null")).length === 0);
  const age = (id: string, accepted: string) =>
    rows("update jobs set accepted_at = now() - $2::interval where id = $1", [id, accepted]);
  await age(backlog.id, "1 hour");
  await age(lost.id, "11 minutes");
  await rows("update outbox set enqueued_at = now() - interval '6 minutes'");
  const isOld = "select job from outbox where enqueued_at < now() - interval '5 minutes'";
  await until(async () => (await rows(isOld)).length < 2);
  await pause(1000);
  t.deepEqual(await rows(isOld), [{ job: backlog.id }]);
  await application.queueOf("primary").clearMessages();
});

test.serial("a worker that is told to stop finishes the job it has", async (t) => {
  const { api, published, rows } = await served(t);
  const worker = await application.startWorker(t, published, { WORK_MS: "3000" });
  const one = job();
  await api.post("/v1/jobs", one);
  // Nobody else sees a message that a worker has taken, and it still counts.
  const isTaken = async () =>
    !(await areEmpty()) &&
    (await application.queueOf("primary").peekMessages()).peekedMessageItems.length === 0;
  await until(isTaken);
  t.deepEqual(await rows("select from effects"), []);
  t.is(await worker.stop("SIGTERM"), 0);
  t.deepEqual(await rows("select job from effects"), [{ job: one.id }]);
  t.true(await areEmpty());
});

test.serial(
  "a message that is no job of the database is put aside when it has come often enough",
  async (t) => {
    const { published, rows } = await served(t);
    const messages = application.queueOf("primary");
    await messages.sendMessage("nonsense");
    for (let n = 0; n < 4; n += 1) {
      await messages.receiveMessages({ visibilityTimeout: 1 });
      await pause(1100);
    }
    const worker = await application.startWorker(t, published);
    await until(areEmpty);
    t.like(await rows("select account, message, reason from poison"), [
      { account: accounts.primary, message: "nonsense" },
    ]);
    t.regex(worker.errors, /put aside "nonsense"/);
  },
);
