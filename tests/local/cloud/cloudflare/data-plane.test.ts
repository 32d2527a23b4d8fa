import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Publisher, publishTo } from "../../../../local/cloud/cloudflare/data-plane.ts";
import { publishEdgeMap } from "../../../../local/cloud/cloudflare/edge-map.ts";
import { RecordStore } from "../../../../local/cloud/cloudflare/record-store.ts";
import { type DnsRecord, readRecord } from "../../../../local/cloud/cloudflare/record.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

/** Answers HAProxy's three map commands and remembers what it was told. */
async function openAdminSocket(t: ExecutionContext, socket: string, answers: Record<string, string> = {}) {
  const commands: string[] = [];
  const server = createServer((connection) => {
    connection.on("error", () => {});
    connection.once("data", (data) => {
      const command = data.toString();
      commands.push(command);
      const verb = command.split(" ")[0] ?? "";
      connection.end(answers[verb] ?? (verb === "prepare" ? "New version created: 3\n\n" : "\n"));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return commands;
}

test("the edge gets the whole map at once, in its file and at run time", async (t) => {
  const folder = temporaryFolder();
  const [file, socket] = [join(folder, "edge.map"), join(folder, "s")];
  const commands = await openAdminSocket(t, socket);
  const origins = new Map([
    ["www.example.com", "127.21.1.11"],
    ["shop.example.com", "127.21.1.12"],
  ]);
  await publishEdgeMap(origins, { file, socket });
  t.is(await readFile(file, "utf8"), "www.example.com 127.21.1.11\nshop.example.com 127.21.1.12\n");
  t.deepEqual(commands, [
    `prepare map ${file}\n`,
    `add map @3 ${file} <<\nwww.example.com 127.21.1.11\nshop.example.com 127.21.1.12\n\n`,
    `commit map @3 ${file}\n`,
  ]);
});

test("a long map is sent in pieces that HAProxy's buffer holds", async (t) => {
  const folder = temporaryFolder();
  const [file, socket] = [join(folder, "edge.map"), join(folder, "s")];
  const commands = await openAdminSocket(t, socket);
  const hosts = Array.from({ length: 500 }, (_, index) => `host-${index}.example.com`);
  await publishEdgeMap(new Map(hosts.map((host) => [host, "127.21.1.11"])), { file, socket });
  const added = commands.filter((command) => command.startsWith("add map"));
  t.true(added.length > 1 && added.every(({ length }) => length < 9000));
  t.is(added.join("").match(/host-/g)?.length, 500);
});

test("an edge that does not run has its map in the file", async (t) => {
  const folder = temporaryFolder();
  const file = join(folder, "edge.map");
  await publishEdgeMap(new Map([["a.example.com", "127.21.1.11"]]), { file, socket: join(folder, "none") });
  t.is(await readFile(file, "utf8"), "a.example.com 127.21.1.11\n");
});

test("a complaint of the edge is an error that quotes it", async (t) => {
  const folder = temporaryFolder();
  const [file, socket] = [join(folder, "edge.map"), join(folder, "s")];
  await openAdminSocket(t, socket, { prepare: "Unknown map identifier. Please use #<id> or <file>.\n" });
  await t.throwsAsync(publishEdgeMap(new Map(), { file, socket }), { message: /Unknown map identifier/ });
});

test("a change writes the zone with a higher serial, has NSD reload it, and fails if NSD does", async (t) => {
  const folder = temporaryFolder();
  const [zoneFile, said] = [join(folder, "zone"), join(folder, "said")];
  const script = join(folder, "nsd-control");
  await writeFile(
    script,
    `echo "$@" >> ${said}; grep -c SOA ${zoneFile} >> ${said}; test ! -e ${folder}/broken`,
  );
  const publish = publishTo({
    zoneName: "example.com",
    nameServerAddress: "127.21.0.53",
    edgeAddresses: ["127.21.0.80"],
    ttlDivisor: 30,
    zoneFile,
    nsdControl: { command: ["/bin/sh", script, "-c", "nsd.conf"] },
    edgeMap: { file: join(folder, "edge.map"), socket: join(folder, "none") },
  });
  await publish([], 41);
  t.is(await readFile(said, "utf8"), "-c nsd.conf reload example.com\n1\n");
  t.regex(await readFile(zoneFile, "utf8"), / 41 10000 /);
  await writeFile(join(folder, "broken"), "");
  await t.throwsAsync(publish([], 42));
});

function recordNamed(name: string): DnsRecord {
  const body = { name, type: "A", content: "127.21.1.11", ttl: 60 };
  const stamps = { created_on: "", modified_on: "" };
  return { id: name, ...readRecord(body, "example.com"), proxiable: true, meta: {}, ...stamps };
}

test("states are published one at a time, the newest of those that wait, under rising serials", async (t) => {
  const published: [string[], number][] = [];
  let running = 0;
  const publisher = new Publisher(async (records, serial) => {
    running += 1;
    t.is(running, 1);
    await new Promise((resolve) => setImmediate(resolve));
    published.push([records.map(({ id }) => id), serial]);
    running -= 1;
  }, 100);
  const first = publisher.publish([recordNamed("a")]);
  await Promise.resolve();
  const rest = ["b", "c", "d"].map((name) => publisher.publish([recordNamed(name)]));
  await Promise.all([first, ...rest]);
  t.deepEqual(published, [
    [["a"], 101],
    [["d"], 102],
  ]);
});

test("a state that cannot be published fails its own caller and not the next", async (t) => {
  let broken = true;
  const publisher = new Publisher(async () => {
    if (broken) throw new Error("NSD is gone");
  }, 0);
  await t.throwsAsync(publisher.publish([]), { message: "NSD is gone" });
  broken = false;
  await t.notThrowsAsync(publisher.publish([]));
});

test("a change is answered after its subscriber has published it, and an unpublished one is an error", async (t) => {
  const store = new RecordStore({ zoneName: "example.com", recordLimit: 10 });
  const seen: number[] = [];
  store.subscribe(async (records) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(records.length);
    if (records.length > 1) throw new Error("NSD is gone");
  });
  const content = (name: string) => readRecord({ name, type: "A", content: "127.21.1.11" }, "example.com");
  await store.change((draft) => draft.create(content("a")));
  t.deepEqual(seen, [1]);
  const failing = store.change((draft) => draft.create(content("b")));
  await t.throwsAsync(failing, { message: /could not be told: NSD is gone/ });
  t.is(store.list().length, 2);
});
