import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { plantAddresses } from "../../local/plant/addresses.ts";
import { createTlsFiles } from "../../local/plant/tls.ts";
import { type ClientClass, monotonicMs } from "../../watch/journal.ts";
import { Probe, type ProbeTarget } from "../../watch/probe.ts";
import { Probes } from "../../watch/probes.ts";
import { DnsStub } from "./dns-stub.ts";

type Answer = (nonce: string | null) => { status: number; body: string } | "silence";

const good: Answer = (nonce) => ({
  status: 200,
  body: JSON.stringify({ server: "api-main", nonce, via: ["edge"] }),
});

/** An HTTPS server behind a name server; the answer can be changed while it runs. */
class Service {
  answer: Answer = good;
  connections = 0;
  readonly dns = new DnsStub();
  target!: ProbeTarget;
  server!: Server;

  async start(t: ExecutionContext): Promise<this> {
    const folder = mkdtempSync(join(tmpdir(), "probe-"));
    const addresses = plantAddresses({ block: 20, clientPort: 8443 });
    const tls = await createTlsFiles({ folder, zoneName: "saas.test", addresses });
    const pem = readFileSync(tls.edge);
    this.server = createServer({ cert: pem, key: pem }, (request, response) => {
      const told = this.answer(new URL(request.url ?? "", "https://x").searchParams.get("nonce"));
      if (told === "silence") return;
      response.writeHead(told.status).end(told.body);
    });
    this.server.on("secureConnection", () => (this.connections += 1));
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    t.teardown(() => {
      this.server.closeAllConnections();
      this.server.close();
      this.dns.close();
    });
    this.target = {
      host: "api.saas.test",
      port: (this.server.address() as AddressInfo).port,
      path: "/v1/echo",
      dns: await this.dns.listen(),
      ca: readFileSync(tls.clientsAuthority, "utf8"),
      localAddress: "127.0.0.1",
      servers: ["api-main", "api-backup"],
      boundMs: 2000,
      perSecond: 20,
    };
    return this;
  }

  probe(t: ExecutionContext, name: ClientClass, changes: Partial<ProbeTarget> = {}): Probe {
    const probe = new Probe({ ...this.target, ...changes }, name);
    t.teardown(() => probe.close());
    return probe;
  }
}

async function sampleOf(probe: Probe) {
  return probe.sample(monotonicMs(), monotonicMs);
}

test("an answer with the right status, body and server is good, and says which way it came", async (t) => {
  const service = await new Service().start(t);
  const sample = await sampleOf(service.probe(t, "fresh"));
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
    (nonce) => ({ status: 200, body: JSON.stringify({ server: "evil", nonce }) }),
    "unknown server",
  ],
  silence: [() => "silence", "no answer in time"],
};

for (const [what, [answer, failure]] of Object.entries(bad)) {
  test(`${what} is a failed sample`, async (t) => {
    const service = await new Service().start(t);
    service.answer = answer;
    const sample = await sampleOf(service.probe(t, "fresh", what === "silence" ? { boundMs: 200 } : {}));
    t.false(sample.good);
    if (typeof failure === "string") t.is(sample.failure, failure);
    else t.regex(sample.failure ?? "", failure);
  });
}

test("a certificate that clients do not trust is a failed sample", async (t) => {
  const service = await new Service().start(t);
  const stranger = await new Service().start(t);
  const sample = await sampleOf(service.probe(t, "fresh", { ca: stranger.target.ca }));
  t.false(sample.good);
  t.regex(sample.failure ?? "", /SIGNATURE|VERIFY|CERT/);
});

test("a fresh client looks up and connects for each request", async (t) => {
  const service = await new Service().start(t);
  const probe = service.probe(t, "fresh");
  for (let i = 0; i < 3; i++) t.true((await sampleOf(probe)).good);
  t.is(service.dns.questions, 3);
  t.is(service.connections, 3);
});

test("a pooled client keeps its connection and asks for the name once", async (t) => {
  const service = await new Service().start(t);
  const probe = service.probe(t, "pooled");
  for (let i = 0; i < 3; i++) t.true((await sampleOf(probe)).good);
  t.is(service.dns.questions, 1);
  t.is(service.connections, 1);
});

test("a client that ignores TTLs never follows a name that moves", async (t) => {
  const service = await new Service().start(t);
  const stubborn = service.probe(t, "ttl-ignoring");
  t.true((await sampleOf(stubborn)).good);
  service.dns.address = "127.0.0.2";
  t.true((await sampleOf(stubborn)).good);
  const fresh = await sampleOf(service.probe(t, "fresh"));
  t.false(fresh.good);
  t.is(fresh.failure, "ECONNREFUSED");
});

test("the probe process sends each class on its own schedule, answered or not", async (t) => {
  const service = await new Service().start(t);
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
