import test, { type ExecutionContext } from "ava";
import { type ClientClass, monotonicMs } from "../../watch/journal.ts";
import { Probe, type ProbeTarget } from "../../watch/probe.ts";
import { Probes } from "../../watch/probes.ts";
import { type Answer, Service } from "./service.ts";

const good: Answer = ({ url }) => ({
  status: 200,
  body: JSON.stringify({ server: "api-main", nonce: url.searchParams.get("nonce"), via: ["edge"] }),
});

function probeOf(t: ExecutionContext, target: ProbeTarget, name: ClientClass): Probe {
  const probe = new Probe(target, name);
  t.teardown(() => probe.close());
  return probe;
}

async function sampleOf(probe: Probe) {
  return probe.sample(monotonicMs(), monotonicMs);
}

test("an answer with the right status, body and server is good, and says which way it came", async (t) => {
  const service = await new Service(good).start(t);
  const sample = await sampleOf(probeOf(t, service.target, "fresh"));
  t.like(sample, { good: true, server: "api-main", class: "fresh" });
  t.deepEqual(sample.via, ["edge"]);
  t.true(sample.doneMs >= sample.sentMs);
});

const bad: Record<string, [Answer, string | RegExp]> = {
  "a wrong status": [() => ({ status: 503, body: "" }), "status 503"],
  "somebody else's answer": [
    () => ({ status: 200, body: JSON.stringify({ server: "api-main", nonce: "other" }) }),
    "wrong body",
  ],
  "a page of a proxy": [() => ({ status: 200, body: "<html>" }), /JSON/],
  "a server that is not of the plant": [
    ({ url }) => ({
      status: 200,
      body: JSON.stringify({ server: "evil", nonce: url.searchParams.get("nonce") }),
    }),
    "unknown server",
  ],
  silence: [() => "silence", "no answer in time"],
};

for (const [what, [answer, failure]] of Object.entries(bad)) {
  test(`${what} is a failed sample`, async (t) => {
    const service = await new Service(good).start(t);
    service.answer = answer;
    const sample = await sampleOf(
      probeOf(t, { ...service.target, ...(what === "silence" && { boundMs: 200 }) }, "fresh"),
    );
    t.false(sample.good);
    if (typeof failure === "string") t.is(sample.failure, failure);
    else t.regex(sample.failure ?? "", failure);
  });
}

test("a certificate that clients do not trust is a failed sample", async (t) => {
  const service = await new Service(good).start(t);
  const stranger = await new Service(good).start(t);
  const sample = await sampleOf(probeOf(t, { ...service.target, ca: stranger.target.ca }, "fresh"));
  t.false(sample.good);
  t.regex(sample.failure ?? "", /SIGNATURE|VERIFY|CERT/);
});

test("a client says which customer it is", async (t) => {
  const service = await new Service(good).start(t);
  service.answer = (asked) =>
    asked.headers["x-api-key"] === service.target.apiKey ? good(asked) : { status: 401, body: "" };
  t.true((await sampleOf(probeOf(t, service.target, "fresh"))).good);
  t.is((await sampleOf(probeOf(t, { ...service.target, apiKey: "other" }, "fresh"))).failure, "status 401");
});

test("a fresh client looks up and connects for each request", async (t) => {
  const service = await new Service(good).start(t);
  const probe = probeOf(t, service.target, "fresh");
  for (let i = 0; i < 3; i++) t.true((await sampleOf(probe)).good);
  t.is(service.dns.questions, 3);
  t.is(service.connections, 3);
});

test("a pooled client keeps its connection and asks for the name once", async (t) => {
  const service = await new Service(good).start(t);
  const probe = probeOf(t, service.target, "pooled");
  for (let i = 0; i < 3; i++) t.true((await sampleOf(probe)).good);
  t.is(service.dns.questions, 1);
  t.is(service.connections, 1);
});

test("a client that ignores TTLs never follows a name that moves", async (t) => {
  const service = await new Service(good).start(t);
  const stubborn = probeOf(t, service.target, "ttl-ignoring");
  t.true((await sampleOf(stubborn)).good);
  service.dns.address = "127.0.0.2";
  t.true((await sampleOf(stubborn)).good);
  const fresh = await sampleOf(probeOf(t, service.target, "fresh"));
  t.false(fresh.good);
  t.is(fresh.failure, "ECONNREFUSED");
});

test("the probe process sends each class on its own schedule, answered or not", async (t) => {
  const service = await new Service(good).start(t);
  service.answer = () => "silence";
  const probes = new Probes({ ...service.target, boundMs: 500 });
  t.teardown(() => probes.stop());
  const dues: number[] = [];
  await new Promise<void>((resolve) => {
    probes.sendTo((sample) => {
      if (sample.class === "fresh") dues.push(sample.dueMs);
      if (dues.length === 20) resolve();
    });
  });
  const ordered = dues.toSorted((a, b) => a - b);
  const gaps = ordered.slice(1).map((due, i) => Math.round(due - (ordered[i] ?? 0)));
  t.true(
    gaps.every((gap) => gap % 50 === 0 && gap > 0),
    gaps.join(" "),
  );
});
