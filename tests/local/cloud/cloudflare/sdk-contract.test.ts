import test from "ava";
import Cloudflare from "cloudflare";
import { apiToken, failureOf, openApi, zone_id } from "./api-fixture.ts";

const www = { zone_id, name: "www", type: "A", content: "127.21.1.11", ttl: 60, proxied: false } as const;

test("a client finds the zone by its name, with the prefix /client/v4 and without", async (t) => {
  const { client, url } = await openApi(t);
  const bare = new Cloudflare({ apiToken, baseURL: url });
  for (const sdk of [client, bare]) {
    const found = await sdk.zones.list({ name: "example.com" });
    t.like(found.result, [{ id: zone_id, name: "example.com", status: "active" }]);
  }
  const none = await client.zones.list({ name: "example.org" });
  t.deepEqual(none.result, []);
  t.is((await client.zones.get({ zone_id })).name, "example.com");
});

test("the token verifies as active", async (t) => {
  const { client } = await openApi(t);
  t.is((await client.user.tokens.verify())?.status, "active");
});

test("a record is created with a relative name and answered with the full one and every field", async (t) => {
  const { client } = await openApi(t);
  const created = await client.dns.records.create(www);
  t.like(created, {
    name: "www.example.com",
    ttl: 60,
    proxied: false,
    proxiable: true,
    comment: null,
    tags: [],
  });
  t.regex(created.id, /^[0-9a-f]{32}$/);
  t.is(Number.isNaN(Date.parse(created.created_on)), false);
  t.deepEqual(await client.dns.records.get(created.id, { zone_id }), created);
});

const names: [sent: string, answered: string][] = [
  ["@", "example.com"],
  ["example.com", "example.com"],
  ["API.Example.COM.", "api.example.com"],
  ["a.b", "a.b.example.com"],
  ["*", "*.example.com"],
  ["other.org", "other.org.example.com"],
];
for (const [sent, answered] of names) {
  test(`the name ${sent} is answered as ${answered}`, async (t) => {
    const { client } = await openApi(t);
    t.is((await client.dns.records.create({ ...www, name: sent })).name, answered);
  });
}

test("a proxied record has the automatic TTL, whatever is sent", async (t) => {
  const { client } = await openApi(t);
  const { id, ttl } = await client.dns.records.create({ ...www, proxied: true, ttl: 300 });
  t.is(ttl, 1);
  t.is((await client.dns.records.update(id, { ...www, proxied: true, ttl: 120 })).ttl, 1);
});

test("PUT replaces the whole record and PATCH only what it names", async (t) => {
  const { client } = await openApi(t);
  const { id, created_on } = await client.dns.records.create({ ...www, comment: "first" });
  const edited = await client.dns.records.edit(id, { ...www, content: "127.21.1.12" });
  t.like(edited, { id, content: "127.21.1.12", comment: "first", created_on });
  const replaced = await client.dns.records.update(id, { ...www, ttl: 120 });
  t.like(replaced, { id, content: "127.21.1.11", comment: null, ttl: 120 });
});

test("a deleted record answers 81044 to GET, PUT and DELETE", async (t) => {
  const { client, store } = await openApi(t);
  const { id } = await client.dns.records.create(www);
  t.deepEqual(await client.dns.records.delete(id, { zone_id }), { id });
  const calls = [
    client.dns.records.get(id, { zone_id }),
    client.dns.records.update(id, www),
    client.dns.records.delete(id, { zone_id }),
  ];
  for (const call of calls) t.like(await failureOf(t, call), { status: 404, errors: [{ code: 81_044 }] });
  t.deepEqual(store.list(), []);
});

const refusals: [what: string, record: Record<string, unknown>, code: number][] = [
  ["an identical record", { content: "127.21.1.11" }, 81_058],
  ["a CNAME beside an A record", { type: "CNAME", content: "lb.example.com" }, 81_053],
  ["a second CNAME of one name", { name: "shop", type: "CNAME", content: "lb.example.com" }, 81_053],
  ["an A record beside a CNAME", { name: "shop", content: "127.21.1.12" }, 81_054],
  ["an A record under a delegation", { name: "sub", content: "127.21.1.12" }, 81_056],
  ["an A record that holds a name", { content: "lb.example.com" }, 9005],
  ["an AAAA record that holds an IPv4 address", { type: "AAAA" }, 9006],
  ["a CNAME to an address", { name: "x", type: "CNAME" }, 9007],
  ["a CNAME to itself", { name: "x", type: "CNAME", content: "x.example.com" }, 9039],
  ["an MX record to an address", { type: "MX", priority: 10 }, 9009],
  ["an MX record without priority", { type: "MX", content: "mx.example.com" }, 9101],
  ["a record without content", { content: undefined }, 9101],
  ["a proxied TXT record", { type: "TXT", proxied: true }, 9004],
  ["a TTL of 59", { name: "x", ttl: 59 }, 9021],
  ["a TTL of 86401", { name: "x", ttl: 86_401 }, 9021],
  ["an empty name", { name: "" }, 9000],
  ["a name with two dots", { name: "a..b" }, 9000],
  ["a record with tags", { name: "x", tags: ["owner:team"] }, 9300],
  ["a type that does not exist", { type: "XYZ" }, 1004],
];
for (const [what, record, code] of refusals) {
  test(`${what} is refused with ${code} and nothing is stored`, async (t) => {
    const { client, store } = await openApi(t);
    await client.dns.records.create(www);
    await client.dns.records.create({ ...www, name: "shop", type: "CNAME", content: "www.example.com" });
    await client.dns.records.create({ ...www, name: "sub", type: "NS", content: "ns.example.net" });
    const before = store.list();
    const body = { ...www, ...record } as Cloudflare.DNS.RecordCreateParams;
    const failure = await failureOf(t, client.dns.records.create(body));
    t.like(failure, { name: "Error", status: 400, errors: [{ code }] });
    t.deepEqual(store.list(), before);
  });
}

test("several A records of one name are legal", async (t) => {
  const { client } = await openApi(t);
  await client.dns.records.create(www);
  await t.notThrowsAsync(client.dns.records.create({ ...www, content: "127.21.1.12" }));
});

test("an update into an identical record is refused with 81058", async (t) => {
  const { client } = await openApi(t);
  await client.dns.records.create(www);
  const { id } = await client.dns.records.create({ ...www, content: "127.21.1.12" });
  const failure = await failureOf(t, client.dns.records.update(id, www));
  t.like(failure, {
    status: 400,
    errors: [{ code: 81_058, message: "An identical record already exists." }],
  });
});

test("a zone holds no more records than its plan allows", async (t) => {
  const { client } = await openApi(t, { recordLimit: 1 });
  await client.dns.records.create(www);
  const failure = await failureOf(t, client.dns.records.create({ ...www, name: "x" }));
  t.like(failure, { status: 400, errors: [{ code: 81_045 }] });
});

test("lists are cut in pages and the SDK walks them all", async (t) => {
  const { client } = await openApi(t);
  for (const name of ["a", "b", "c", "d", "e"]) await client.dns.records.create({ ...www, name });
  const first = await client.dns.records.list({ zone_id, per_page: 2 });
  t.like(first.result_info, { page: 1, per_page: 2, count: 2, total_count: 5, total_pages: 3 });
  const walked: string[] = [];
  for await (const { name } of client.dns.records.list({ zone_id, per_page: 2 })) walked.push(name);
  t.deepEqual(
    walked,
    ["a", "b", "c", "d", "e"].map((name) => `${name}.example.com`),
  );
});

test("lists are filtered, combined and ordered as the query says", async (t) => {
  const { client } = await openApi(t);
  await client.dns.records.create(www);
  await client.dns.records.create({ ...www, name: "api", content: "127.21.1.21", proxied: true });
  await client.dns.records.create({ ...www, name: "shop", type: "CNAME", content: "www.example.com" });
  const list = async (query: object) => {
    const { result } = await client.dns.records.list({ zone_id, ...query });
    return result.map(({ name }) => name.replace(".example.com", ""));
  };
  t.deepEqual(await list({ name: { exact: "www.example.com" } }), ["www"]);
  t.deepEqual(await list({ content: { startswith: "127.21.1.2" } }), ["api"]);
  t.deepEqual(await list({ type: "CNAME" }), ["shop"]);
  t.deepEqual(await list({ proxied: true }), ["api"]);
  t.deepEqual(await list({ type: "A", name: { contains: "api" } }), ["api"]);
  t.deepEqual(await list({ type: "CNAME", proxied: true, match: "any" }), ["api", "shop"]);
  t.deepEqual(await list({ order: "name", direction: "desc" }), ["www", "shop", "api"]);
});

test("a batch deletes, patches, puts and posts in this order, or does nothing", async (t) => {
  const { client, store } = await openApi(t);
  const { id } = await client.dns.records.create(www);
  const post = { ...www, type: "CNAME", content: "lb.example.com" } as const;
  const answer = await client.dns.records.batch({ zone_id, deletes: [{ id }], posts: [post] });
  t.like(answer, { deletes: [{ id }], posts: [{ type: "CNAME", name: "www.example.com" }] });
  const before = store.list();
  const impossible = { zone_id, posts: [{ ...www, name: "new" }, www] };
  t.like(await failureOf(t, client.dns.records.batch(impossible)), { errors: [{ code: 81_054 }] });
  t.deepEqual(store.list(), before);
});

test("zone settings are listed, read and changed, and a wrong value is refused", async (t) => {
  const { client, url } = await openApi(t);
  const changed = await client.zones.settings.edit("always_use_https", { zone_id, value: "on" });
  t.like(changed, { id: "always_use_https", value: "on", editable: true });
  t.like(await client.zones.settings.get("always_use_https", { zone_id }), { value: "on" });
  const headers = { authorization: `Bearer ${apiToken}` };
  const all = await fetch(`${url}/zones/${zone_id}/settings`, { headers });
  const { result } = (await all.json()) as { result: { id: string }[] };
  t.true(result.some(({ id }) => id === "ssl"));
  const wrong = client.zones.settings.edit("ssl", { zone_id, value: "maybe" });
  t.like(await failureOf(t, wrong), { status: 400, errors: [{ code: 1007 }] });
});

test("a DNS tool that asks for page rules gets an empty list", async (t) => {
  const { client } = await openApi(t);
  t.deepEqual(await client.pageRules.list({ zone_id }), []);
});

test("a token is turned away as each of Cloudflare's services does it", async (t) => {
  const { url } = await openApi(t);
  const stranger = new Cloudflare({ apiToken: "x".repeat(40), baseURL: url, maxRetries: 0 });
  t.like(await failureOf(t, stranger.zones.list()), { status: 403, errors: [{ code: 9109 }] });
  t.like(await failureOf(t, stranger.dns.records.create(www)), { status: 401, errors: [{ code: 10_000 }] });
  t.like(await failureOf(t, stranger.user.tokens.verify()), { status: 401, errors: [{ code: 1000 }] });
  const malformed = new Cloudflare({ apiToken: "short", baseURL: url, maxRetries: 0 });
  t.like(await failureOf(t, malformed.zones.list()), { status: 400, errors: [{ code: 6003 }] });
  const anonymous = await fetch(`${url}/zones`);
  t.is(anonymous.status, 400);
  t.like(await anonymous.json(), { success: false, result: null, errors: [{ code: 9106 }] });
});

test("a malformed identifier is 7003, a foreign zone 9109, an unserved call 501 that names it", async (t) => {
  const { client } = await openApi(t);
  t.like(await failureOf(t, client.zones.get({ zone_id: "example.com" })), {
    status: 400,
    errors: [{ code: 7003 }],
  });
  t.like(await failureOf(t, client.zones.get({ zone_id: "f".repeat(32) })), {
    status: 403,
    errors: [{ code: 9109 }],
  });
  const unserved = await failureOf(t, client.dns.records.export({ zone_id }));
  t.is(unserved.status, 501);
  t.regex(unserved.errors[0]?.message ?? "", /GET \/zones\/0+\/dns_records\/export/);
  const caa = client.dns.records.create({ zone_id, name: "x", type: "CAA", ttl: 60 });
  t.is((await failureOf(t, caa)).status, 501);
});

test("a body that is no JSON object is refused with Cloudflare's codes", async (t) => {
  const { url } = await openApi(t);
  const send = async (body: string, type: string) => {
    const headers = { authorization: `Bearer ${apiToken}`, "content-type": type };
    const answer = await fetch(`${url}/zones/${zone_id}/dns_records`, { method: "POST", headers, body });
    const { errors } = (await answer.json()) as { errors: { code: number }[] };
    return [answer.status, errors[0]?.code];
  };
  t.deepEqual(await send("{", "application/json"), [400, 6007]);
  t.deepEqual(await send("[]", "application/json"), [400, 9207]);
  t.deepEqual(await send("{}", "text/plain"), [400, 9207]);
});

test("call 1,201 of five minutes is refused, and every call of the next five minutes", async (t) => {
  let nowMs = 0;
  const { client } = await openApi(t, { limit: { requests: 3, windowSeconds: 300 }, nowMs: () => nowMs });
  const call = () => client.zones.list().asResponse();
  t.is((await call()).headers.get("ratelimit"), '"default";r=2;t=300');
  await call();
  await call();
  nowMs = 200_500;
  const refused = await failureOf(t, call());
  t.like(refused, { status: 429, errors: [{ code: 971 }] });
  t.is(refused.headers.get("retry-after"), "300");
  t.is(refused.headers.get("ratelimit-policy"), '"burst";q=3;w=300');
  nowMs = 500_000;
  t.is((await failureOf(t, call())).headers.get("retry-after"), "1");
  nowMs = 500_500;
  t.is((await call()).status, 200);
});
