import { writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { json } from "node:stream/consumers";
import test from "ava";
import type { ExecutionContext } from "ava";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { apiServerCloudConfig } from "../../../infra/hosts/index.ts";
import { selfSigned } from "./certificate.ts";
import { FakeStore, type Mode } from "./fake-store.ts";
import { apiServer } from "./host-options.ts";
import { ownAddress, type Running, sourceOf, startProgram, temporaryFolder } from "./host-process.ts";

const port = 18_443;
const edge = ownAddress(80);
const loadBalancer = ownAddress(11);
const stranger = ownAddress(99);
const settings = {
  version: "v1",
  api: "both",
  database: { server: "s", name: "saas" },
  storage: { account: "a", queue: "q" },
};

interface Started {
  running: Running;
  get: (
    path: string,
    from?: string,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: object }>;
}

interface StartOptions {
  address: string;
  file?: string;
  known?: object;
  /** Default: nobody answers for it. */
  store?: FakeStore;
  /** Whether the key is where systemd puts it, not where host.json says. */
  credential?: boolean;
}

async function start(t: ExecutionContext, options: StartOptions): Promise<Started> {
  const { address, file = sourceOf("api-server"), known, store, credential = false } = options;
  const folder = temporaryFolder(t);
  const { certificate, pem } = await selfSigned("example.test", [address]);
  writeFileSync(path.join(folder, "tls.pem"), pem);
  if (known) writeFileSync(path.join(folder, "settings.json"), JSON.stringify(known));
  const host = {
    name: "api-main",
    listen: `${address}:${port}`,
    certificate: path.join(credential ? "/nowhere" : folder, "tls.pem"),
    edgeRanges: [`${edge}/31`],
    loadBalancers: [loadBalancer],
    stateFolder: folder,
    settings: { endpoint: store?.endpoint ?? "https://127.0.0.1:1", clientId: "none" },
  };
  const env = {
    ...(credential && { CREDENTIALS_DIRECTORY: folder }),
    ...(store && storeEnvironment(store, folder)),
  };
  const running = await startProgram(t, { host, folder, file, env });
  const get: Started["get"] = async (url, from = stranger, headers = {}) => {
    const request = https.get({
      host: address,
      port,
      path: url,
      ca: certificate,
      servername: "example.test",
      localAddress: from,
      headers,
      agent: false,
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: (await json(response)) as object };
  };
  return { running, get };
}

function storeEnvironment({ tokenEndpoint, certificate }: FakeStore, folder: string): Record<string, string> {
  const trust = path.join(folder, "trust.pem");
  writeFileSync(trust, certificate);
  return { IDENTITY_ENDPOINT: tokenEndpoint, IDENTITY_HEADER: "a-secret", NODE_EXTRA_CA_CERTS: trust };
}

async function storeWith(t: ExecutionContext, mode: Mode): Promise<FakeStore> {
  const store = new FakeStore(JSON.stringify({ ...settings, version: "v2" }));
  store.mode = mode;
  await store.start(t);
  return store;
}

test("an API server that returns takes its first client with the settings of today", async (t) => {
  const store = await storeWith(t, "served");
  const { get } = await start(t, { address: ownAddress(24), known: settings, store });
  t.like(await get("/v1/echo"), { body: { settings: { version: "v2" } } });
});

test("an API server waits for a store that hangs no longer than for one pull", async (t) => {
  const store = await storeWith(t, "hang");
  const { get } = await start(t, { address: ownAddress(25), known: settings, store });
  t.like(await get("/v1/echo"), { body: { settings: { version: "v1" } } });
});

test("an API server says who it is, with the settings of its disk before any store has answered", async (t) => {
  const { running, get } = await start(t, {
    address: ownAddress(21),
    known: { ...settings, added: "later" },
  });
  t.deepEqual(await get("/healthz"), { status: 200, body: { status: "ok", server: "api-main" } });
  t.deepEqual(await get("/v1/echo?nonce=n1"), {
    status: 200,
    body: { server: "api-main", nonce: "n1", client: stranger, via: [], settings },
  });
  t.is((await get("/v2/echo")).status, 404);
  t.is(await running.stop("SIGTERM"), 0);
});

test("the edge and the load balancers are believed about the client, nobody else is", async (t) => {
  const { get } = await start(t, { address: ownAddress(22) });
  const told = {
    "cf-connecting-ip": "192.0.2.1",
    "x-forwarded-for": "192.0.2.2",
    via: "1.1 edge, 1.1 load-balancer-main",
  };
  const client = async (from: string) => (await get("/v1/echo", from, told)).body as Record<string, unknown>;
  t.like(await client(edge), { client: "192.0.2.1", via: ["edge", "load-balancer-main"] });
  t.like(await client(ownAddress(81)), { client: "192.0.2.1" });
  t.like(await client(loadBalancer), { client: "192.0.2.2" });
  t.like(await client(stranger), { client: stranger, settings: null });
});

test("as JavaScript of a machine, without its packages, it takes its key from systemd and serves", async (t) => {
  const folder = temporaryFolder(t);
  const document = parse(apiServerCloudConfig(apiServer)) as {
    write_files: { path: string; content: string }[];
  };
  for (const { path: file, content } of document.write_files) {
    if (!file.startsWith("/opt/failover/")) continue;
    writeFileSync(path.join(folder, path.basename(file)), content);
  }
  const file = path.join(folder, "api-server.mjs");
  const { get, running } = await start(t, {
    address: ownAddress(23),
    file,
    credential: true,
  });
  t.is((await get("/healthz")).status, 200);
  t.notRegex(running.errors, /Warning/);
});
