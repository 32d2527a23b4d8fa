import test from "ava";
import { assert, integer, property } from "fast-check";
import { originsByHost, writeZoneFile } from "../../../../local/cloud/cloudflare/zone-file.ts";
import { type DnsRecord, readRecord } from "../../../../local/cloud/cloudflare/record.ts";

const settings = {
  zoneName: "example.com",
  nameServerAddress: "127.21.0.53",
  edgeAddresses: ["127.21.0.80", "127.21.0.81"],
  ttlDivisor: 1,
};

function records(...bodies: Record<string, unknown>[]): DnsRecord[] {
  return bodies.map((body, index) => {
    const content = readRecord({ ttl: 60, type: "A", content: "127.21.1.11", ...body }, "example.com");
    const proxiable = ["A", "AAAA", "CNAME"].includes(content.type);
    return { id: String(index), ...content, proxiable, meta: {}, created_on: "", modified_on: "" };
  });
}

function linesOf(list: DnsRecord[], ttlDivisor = 1): string[] {
  return writeZoneFile(list, 7, { ...settings, ttlDivisor })
    .trim()
    .split("\n")
    .slice(3);
}

test("an empty zone has SOA with the serial, a short negative TTL, and its name server", (t) => {
  t.is(
    writeZoneFile([], 4711, settings),
    [
      "example.com. 60 IN SOA ns1.example.com. dns.example.com. 4711 10000 2400 604800 60",
      "example.com. 86400 IN NS ns1.example.com.",
      "ns1.example.com. 86400 IN A 127.21.0.53\n",
    ].join("\n"),
  );
});

test("a proxied name answers the edge for 300 s and never its content", (t) => {
  t.deepEqual(linesOf(records({ name: "www", proxied: true })), [
    "www.example.com. 300 IN A 127.21.0.80",
    "www.example.com. 300 IN A 127.21.0.81",
  ]);
});

test("a DNS-only record answers its content with its own TTL, and 300 s where that is automatic", (t) => {
  t.deepEqual(linesOf(records({ name: "www" }, { name: "api", ttl: 1, content: "127.21.1.21" })), [
    "www.example.com. 60 IN A 127.21.1.11",
    "api.example.com. 300 IN A 127.21.1.21",
  ]);
});

test("a rehearsal divides every TTL and none is shorter than a second", (t) => {
  const list = records({ name: "www", proxied: true }, { name: "api", content: "127.21.1.21" });
  t.deepEqual(
    linesOf(list, 30).map((line) => line.split(" ")[1]),
    ["10", "10", "2"],
  );
  t.is(linesOf(records({ name: "api" }), 1000)[0], "api.example.com. 1 IN A 127.21.1.11");
});

test("several A records of one name are all answered", (t) => {
  t.is(linesOf(records({ name: "www" }, { name: "www", content: "127.21.1.12" })).length, 2);
});

test("one proxied record makes its whole name proxied", (t) => {
  const list = records({ name: "www", proxied: true }, { name: "www", content: "127.21.1.12" });
  t.deepEqual(
    linesOf(list).map((line) => line.split(" ").at(-1)),
    settings.edgeAddresses,
  );
});

test("a DNS-only CNAME is answered as CNAME, a proxied one as the edge", (t) => {
  const alias = { type: "CNAME", content: "www.example.com" };
  t.deepEqual(linesOf(records({ ...alias, name: "shop" }, { ...alias, name: "cdn", proxied: true })), [
    "shop.example.com. 60 IN CNAME www.example.com.",
    "cdn.example.com. 300 IN A 127.21.0.80",
    "cdn.example.com. 300 IN A 127.21.0.81",
  ]);
});

test("a CNAME at the apex is flattened to its target's addresses", (t) => {
  const apex = { name: "@", type: "CNAME", content: "www.example.com" };
  const direct = linesOf(records(apex, { name: "www" }));
  t.is(direct[0], "example.com. 60 IN A 127.21.1.11");
  const proxied = linesOf(records(apex, { name: "www", proxied: true }));
  t.is(proxied[0], "example.com. 300 IN A 127.21.0.80");
});

test("MX, NS and TXT are answered whole", (t) => {
  const long = "x".repeat(300);
  const list = records(
    { name: "@", type: "MX", content: "mx.example.com", priority: 10 },
    { name: "sub", type: "NS", content: "ns.example.net" },
    { name: "t", type: "TXT", content: 'say "hi"' },
    { name: "l", type: "TXT", content: long },
  );
  t.deepEqual(linesOf(list), [
    "example.com. 60 IN MX 10 mx.example.com.",
    "sub.example.com. 60 IN NS ns.example.net.",
    String.raw`t.example.com. 60 IN TXT "say \"hi\""`,
    `l.example.com. 60 IN TXT "${long.slice(0, 255)}" "${long.slice(255)}"`,
  ]);
});

test("the edge knows the origin of proxied names and of aliases that lead to one", (t) => {
  const list = records(
    { name: "www", proxied: true },
    { name: "shop", type: "CNAME", content: "www.example.com" },
    { name: "cdn", type: "CNAME", content: "api.example.com", proxied: true },
    { name: "api", content: "127.21.1.21" },
    { name: "direct", content: "127.21.1.12" },
  );
  t.deepEqual(Object.fromEntries(originsByHost(list)), {
    "www.example.com": "127.21.1.11",
    "shop.example.com": "127.21.1.11",
    "cdn.example.com": "127.21.1.21",
  });
});

test("the edge is never sent outside 127.0.0.0/8", (t) => {
  t.is(originsByHost(records({ name: "www", proxied: true, content: "192.0.2.1" })).size, 0);
});

test("aliases that lead in a circle have no origin", (t) => {
  const list = records(
    { name: "a", type: "CNAME", content: "b.example.com", proxied: true },
    { name: "b", type: "CNAME", content: "a.example.com", proxied: true },
  );
  t.is(originsByHost(list).size, 0);
});

test("no TTL of a shortened zone exceeds the real one, and all are whole seconds", (t) => {
  assert(
    property(integer({ min: 60, max: 86_400 }), integer({ min: 1, max: 100 }), (ttl, divisor) => {
      const shortened = Number(linesOf(records({ name: "www", ttl }), divisor)[0]?.split(" ")[1]);
      return Number.isInteger(shortened) && shortened >= 1 && shortened <= ttl;
    }),
  );
  t.pass();
});
