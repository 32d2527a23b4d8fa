import test from "ava";
import { checkRecord, diffRecord } from "../../../../local/plugins/cloudflare/dns-record.ts";
import { afterWrite, fromAnswer, toBody } from "../../../../local/plugins/cloudflare/record-properties.ts";
import {
  checkConfig,
  refuseRemote,
  resolveConfig,
} from "../../../../local/plugins/cloudflare/provider-config.ts";
import { unknownValue } from "../../../../local/plugins/rpc.ts";

const inputs = { zoneId: "z", name: "www", type: "A", content: "127.21.1.11", ttl: 1, proxied: true };
const failures = (news: Record<string, unknown>) => checkRecord(news).map(({ property }) => property);

test("a complete record passes, also with values that are not known yet", (t) => {
  t.deepEqual(checkRecord(inputs), []);
  t.deepEqual(checkRecord({ ...inputs, content: unknownValue, ttl: unknownValue }), []);
});

test("every missing input is named", (t) => {
  t.deepEqual(failures({ content: "127.21.1.11" }), ["name", "ttl", "type", "zoneId"]);
});

test("an unknown input, a wrong type and a value out of range are refused by name", (t) => {
  const wrong = { ...inputs, contents: "x", ttl: "60", type: "XYZ" };
  t.deepEqual(failures(wrong).toSorted(), ["contents", "ttl", "type"]);
  t.deepEqual(failures({ ...inputs, ttl: 20 }), ["ttl"]);
  t.deepEqual(failures({ ...inputs, data: { flags: 0 } }), ["data"]);
});

type Values = Record<string, unknown>;
const changes = (olds: Values, news: Values, oldInputs: Values = inputs) =>
  diffRecord({ ...inputs, ...olds }, oldInputs, { ...inputs, ...news }).map(
    ({ property, kind, replaces }) => `${kind} ${property}${replaces ? " by replacement" : ""}`,
  );

test("an unchanged record has no diff, whatever the API filled in", (t) => {
  t.deepEqual(changes({ settings: { flattenCname: false }, tags: [], createdOn: "2026" }, {}), []);
});

test("content, proxied and ttl change in place", (t) => {
  t.deepEqual(changes({}, { content: "127.21.1.12", proxied: false, ttl: 60 }), [
    "update content",
    "update proxied",
    "update ttl",
  ]);
});

test("type and zone change by replacement", (t) => {
  t.deepEqual(changes({}, { type: "AAAA", zoneId: "y" }), [
    "update type by replacement",
    "update zoneId by replacement",
  ]);
});

test("the full name that a refresh records is the relative name of the program", (t) => {
  t.deepEqual(changes({ name: "www.example.com" }, {}), []);
  t.deepEqual(changes({ name: "www.example.com" }, {}, { ...inputs, name: "www.example.com" }), []);
  t.deepEqual(changes({ name: "example.com" }, { name: "@" }, { ...inputs, name: "@" }), []);
  t.deepEqual(changes({ name: "www.example.com" }, { name: "shop" }), ["update name"]);
});

test("the target of a CNAME is compared without regard to case", (t) => {
  const alias = { type: "CNAME", content: "lb.example.com" };
  t.deepEqual(changes(alias, { ...alias, content: "LB.example.com" }), []);
});

test("leaving out an input that was set is a change, and proxied falls back to false", (t) => {
  const { proxied: _, ...unproxied } = inputs;
  const found = diffRecord({ ...inputs, comment: "x" }, { ...inputs, comment: "x" }, unproxied);
  t.deepEqual(
    found.map(({ property, kind }) => `${kind} ${property}`),
    ["delete comment", "update proxied"],
  );
});

test("a body holds the whole record with sorted keys and without the zone", (t) => {
  const body = toBody({ ...inputs, settings: { flattenCname: true }, tags: [] });
  t.is(
    JSON.stringify(body),
    '{"content":"127.21.1.11","name":"www","proxied":true,"settings":{"flatten_cname":true},"tags":[],"ttl":1,"type":"A"}',
  );
});

test("a proxied flag that is not set is sent as false", (t) => {
  t.is(toBody({ ...inputs, proxied: undefined }).proxied, false);
});

test("after a write the name stays as the program has it", (t) => {
  const answer = {
    id: "1",
    name: "www.example.com",
    type: "CNAME",
    content: "lb",
    ttl: 1,
    settings: {},
    meta: {},
  };
  const outputs = afterWrite({ ...inputs, ttl: 300 }, fromAnswer(answer, "z"));
  t.like(outputs, { name: "www", ttl: 300, meta: "{}", zoneId: "z" });
  t.deepEqual(outputs.settings, { flattenCname: false, ipv4Only: false, ipv6Only: false });
});

test("the provider's own properties win over the environment", (t) => {
  const environment = { CLOUDFLARE_BASE_URL: "http://127.0.0.1:1/", CLOUDFLARE_API_TOKEN: "e".repeat(40) };
  t.deepEqual(resolveConfig({}, environment), { baseUrl: "http://127.0.0.1:1", apiToken: "e".repeat(40) });
  t.is(resolveConfig({ baseUrl: "http://127.0.0.1:2" }, environment).baseUrl, "http://127.0.0.1:2");
});

test("a malformed token is refused without being printed, and no token is none of the plugin's business", (t) => {
  const [failure] = checkConfig({}, { CLOUDFLARE_API_TOKEN: "short-secret" });
  t.regex(failure?.reason ?? "", /could not validate provider configuration: Invalid Attribute Value/);
  t.notRegex(failure?.reason ?? "", /short-secret/);
  t.deepEqual(checkConfig({ version: "6.22.1" }, {}), []);
  t.deepEqual(
    checkConfig({ email: "a@b", acountId: "x" }, {}).map(({ property }) => property),
    ["email", "acountId"],
  );
});

for (const baseUrl of [
  "https://api.cloudflare.com/client/v4",
  "http://example.com",
  "http://128.0.0.1",
  "http://127.0.0.1.example.com",
  "http://localhost:8080",
  "nonsense",
]) {
  test(`the stand-in refuses ${baseUrl}`, (t) => {
    t.throws(() => refuseRemote({ baseUrl, apiToken: undefined }), { message: /is the stand-in/ });
  });
}
