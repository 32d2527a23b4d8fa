import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { parseSettings, type Settings } from "../../../infra/hosts/programs/settings-document.ts";
import type { Heartbeat } from "../../../infra/hosts/programs/worker.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { FakeStore } from "./fake-store.ts";
import { type Running, sourceOf, startProgram } from "./host-process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const deadlineMs = 60_000;
const clientId = "00000000-0000-0000-0000-0000000000aa";

function settings(version: string): Settings {
  return {
    version,
    api: "both",
    database: { server: "sql", name: "saas" },
    storage: { account: "store", queue: "work", others: ["store2"] },
  };
}

interface Followed {
  store: FakeStore;
  worker: Running;
  folder: string;
  /** Waits for a line on stderr; says what was written instead. */
  says: (text: string) => Promise<void>;
}

interface FollowOptions {
  /** Of settings.json before the start. */
  known?: string;
  prepare?: (store: FakeStore) => void;
}

async function follow(t: ExecutionContext, { known, prepare }: FollowOptions = {}): Promise<Followed> {
  const folder = temporaryFolder();
  const store = new FakeStore(JSON.stringify(settings("v1")));
  await store.start(t);
  prepare?.(store);
  const trust = path.join(folder, "trust.pem");
  writeFileSync(trust, store.certificate);
  if (known !== undefined) writeFileSync(path.join(folder, "settings.json"), known);
  const worker = await startProgram(t, {
    host: { region: "primary", stateFolder: folder, settings: { endpoint: store.endpoint, clientId } },
    folder,
    file: sourceOf("worker"),
    env: {
      SETTINGS_REFRESH_SECONDS: "0.2",
      IDENTITY_ENDPOINT: store.tokenEndpoint,
      IDENTITY_HEADER: "a-secret",
      NODE_EXTRA_CA_CERTS: trust,
    },
  });
  const says = (text: string) =>
    poll({ deadlineMs, until: () => worker.errors.includes(text) || worker.ended || worker.errors });
  return { store, worker, folder, says };
}

const onDisk = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, "settings.json"), "utf8")) as Settings;
const beatOf = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, "heartbeat.json"), "utf8")) as Heartbeat;

test.serial(
  "a host pulls the settings as its own identity, and asks only for what is new from then on",
  async (t) => {
    const { store, folder, says } = await follow(t);
    await says("settings: version v1, api both");
    await poll({ deadlineMs, until: () => store.asked.length > 3 || `${store.asked.length} requests` });
    t.deepEqual(onDisk(folder), settings("v1"));
    const [first, ...later] = store.asked;
    t.regex(first?.path ?? "", /^\/kv\/failover\?api-version=/);
    t.like(first, { authorization: "Bearer a-token", ifNoneMatch: undefined, status: 200 });
    for (const request of later) t.like(request, { ifNoneMatch: '"etag-1"', status: 304 });
    const resource = "https://appconfig.azure.com";
    const own = store.tokenQueries.filter(({ query }) => query["resource"] === resource);
    t.deepEqual(own, [
      {
        header: "a-secret",
        query: { "api-version": "2019-08-01", resource: "https://appconfig.azure.com", client_id: clientId },
      },
    ]);
    store.etag = "etag-2";
    store.value = JSON.stringify({ ...settings("v2"), api: "backup" });
    await says("settings: version v2, api backup");
    await poll({
      deadlineMs,
      until: () => beatOf(folder).settings?.version === "v2" || "an older heartbeat",
    });
    t.is(beatOf(folder).region, "primary");
  },
);

test.serial(
  "whatever the store does, a host keeps its last good settings and takes the next good ones",
  async (t) => {
    const { store, folder, worker, says } = await follow(t);
    await says("version v1");
    store.mode = "unavailable";
    await says("kept version v1: ");
    store.mode = "unauthorized";
    const before = store.asked.length;
    await poll({ deadlineMs, until: () => store.asked.length > before + 2 || "no further request" });
    store.mode = "served";
    store.etag = "etag-2";
    store.value = JSON.stringify({ ...settings("v2"), api: "none" });
    await says('kept version v1: api is "none"');
    store.value = "{";
    await says("kept version v1: Expected property name");
    t.deepEqual(onDisk(folder), settings("v1"));
    store.mode = "hang";
    const asked = store.asked.length;
    // A second request can be sent only after the first one was given up.
    await poll({ deadlineMs, until: () => store.asked.length > asked + 1 || "still waiting for the first" });
    t.deepEqual(onDisk(folder), settings("v1"));
    store.mode = "served";
    store.value = JSON.stringify(settings("v3"));
    await says("version v3, api both");
    t.false(worker.ended);
  },
);

test.serial(
  "without a token a host keeps what it has on its disk, and a token endpoint that hangs is given up",
  async (t) => {
    const { store, folder, says } = await follow(t, {
      known: JSON.stringify(settings("v0")),
      prepare: (prepared) => (prepared.tokenMode = "unavailable"),
    });
    t.is(beatOf(folder).settings?.version, "v0");
    await says("kept version v0: ManagedIdentityCredential");
    store.tokenMode = "hang";
    const asked = store.tokenQueries.length;
    await poll({
      deadlineMs,
      until: () => store.tokenQueries.length > asked + 1 || "still waiting for the first",
    });
    t.is(beatOf(folder).settings?.version, "v0");
    store.tokenMode = "served";
    await says("version v1");
  },
);

test.serial("a file of settings that is no good is not used, and is replaced", async (t) => {
  const { folder, says } = await follow(t, { known: '{"version": "v0"}' });
  await says("the file of an earlier run is not used: api is undefined");
  await says("version v1");
  t.deepEqual(onDisk(folder), settings("v1"));
});

const refused: Record<string, { value: unknown; problem: string }> = {
  "a list": { value: [], problem: "the value is []" },
  text: { value: "both", problem: 'the value is "both"' },
  "an unknown api": { value: { ...settings("v"), api: "all" }, problem: 'api is "all"' },
  "an empty version": { value: settings(""), problem: 'version is ""' },
  "no database": { value: { ...settings("v"), database: undefined }, problem: "database is undefined" },
  "a database without a server": {
    value: { ...settings("v"), database: { name: "saas" } },
    problem: "database.server is undefined",
  },
  "a queue that is no text": {
    value: { ...settings("v"), storage: { account: "a", queue: 1 } },
    problem: "storage.queue is 1",
  },
};

for (const [what, { value, problem }] of Object.entries(refused)) {
  test(`settings are refused for ${what}`, (t) => {
    t.throws(() => parseSettings(JSON.stringify(value)), { message: problem });
  });
}

test("settings may hold what a newer program has added", (t) => {
  t.deepEqual(parseSettings(JSON.stringify({ ...settings("v"), region: "secondary" })), settings("v"));
});
