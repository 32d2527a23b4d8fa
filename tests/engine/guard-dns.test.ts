import test from "ava";
import { guard } from "../../engine/guard.ts";
import type { About } from "../../engine/guard-finding.ts";
import { recorded, type RecordedStep, replacedDeleteFirst, withStep } from "../preview/streams.ts";

const merging: About = { stack: "failover", moves: null };
const normal = recorded("preview-normal");
const client = ":DnsRecord::client";

/** What the guard finds of names, when a change makes this record, too. The client's is `api.saas.test`, an A. */
function withRecord(inputs: Record<string, unknown>, stream = normal, beside = client): string[] {
  const made = withStep(stream, beside, (step) => [
    step,
    {
      ...step,
      op: "create",
      urn: step.urn.replace(/::[^:]+$/, "::second"),
      old: null,
      new: { ...step.new, inputs: { ...inputsOf(step), ...inputs } },
    },
  ]);
  return found(made);
}

const inputsOf = (step: RecordedStep) => step.new?.["inputs"] as Record<string, unknown>;
const found = (stream: string): string[] =>
  guard(stream, merging)
    .filter(({ detector, severity }) => detector === "dns-gap" && severity === "blocks")
    .map(({ what }) => what);

const second = /^\S+ would have two records: DnsRecord \S+ and DnsRecord second$/;

const sameName = ["api.saas.test", "api.saas.test.", "API.Saas.Test", "api", "API", "api.", "api.saas"];

for (const name of sameName) {
  test(`a second A record named ${name} blocks`, (t) =>
    t.regex(withRecord({ name })[0] ?? "nothing", second));
}

test("a second record whose name is relative to the zone says how to tell the two apart", (t) => {
  const stream = withStep(normal, client, (step) => [
    step,
    {
      ...step,
      op: "create",
      urn: `${step.urn}-2`,
      old: null,
      new: { inputs: { ...inputsOf(step), name: "api" } },
    },
  ]);
  const [finding] = guard(stream, merging);
  t.regex(finding?.next ?? "", /if it is another name, write it in full/);
});

const otherName = [
  "api2.saas.test",
  "ap",
  "saas.test",
  "pi.saas.test",
  "api-saas.test",
  "x.api.saas.test",
  "*",
];

for (const name of otherName) {
  test(`an A record named ${name} is another name's`, (t) => t.deepEqual(withRecord({ name }), []));
}

test("@ is the zone, which every full name ends in", (t) => {
  const apex = withStep(normal, client, (step) =>
    ["old", "new"].reduce(
      (it, side) => ({ ...it, [side]: { ...step.new, inputs: { ...inputsOf(step), name: "saas.test" } } }),
      step,
    ),
  );
  t.regex(withRecord({ name: "@" }, apex)[0] ?? "nothing", /^@ would have two records: DnsRecord client/);
  t.deepEqual(withRecord({ name: "@" }), []);
});

for (const type of ["TXT", "MX", "CAA"]) {
  test(`a ${type} record beside an A record splits no traffic`, (t) =>
    t.deepEqual(withRecord({ type, content: "x" }), []));
  test(`a ${type} record beside another one is no second answer`, (t) => {
    const stream = withStep(normal, client, (step) => ({
      ...step,
      old: { ...step.old, inputs: { ...inputsOf(step), type } },
      new: { ...step.new, inputs: { ...inputsOf(step), type } },
    }));
    t.deepEqual(withRecord({ type, content: "x" }, stream), []);
  });
  test(`a ${type} record beside a CNAME blocks`, (t) =>
    t.regex(withRecord({ type }, normal, ":DnsRecord::alias-app")[0] ?? "nothing", second));
}

for (const type of ["A", "AAAA", "CNAME", "NS", "HTTPS", "LOC"]) {
  test(`a record of type ${type} beside an A record blocks`, (t) =>
    t.regex(withRecord({ type })[0] ?? "nothing", second));
}

test("a name whose A record goes while a TXT record comes is without an address", (t) => {
  const stream = withStep(normal, client, (step) => [
    {
      ...step,
      op: "create",
      urn: `${step.urn}-2`,
      old: null,
      new: { inputs: { ...inputsOf(step), type: "TXT" } },
    },
    { ...step, op: "delete", new: null },
  ]);
  t.deepEqual(found(stream), ["api.saas.test would be without a record"]);
});

test("a name whose A record goes while the same name comes under a relative one gets a second record", (t) => {
  const stream = withStep(normal, client, (step) => [
    {
      ...step,
      op: "create",
      urn: `${step.urn}-2`,
      old: null,
      new: { inputs: { ...inputsOf(step), name: "api." } },
    },
    { ...step, op: "delete", new: null },
  ]);
  t.deepEqual(found(stream), ["api.saas.test would get a second record before the first is deleted"]);
});

test("a TXT record that goes leaves the name its addresses, and is named", (t) => {
  const text = (step: RecordedStep) => ({ ...step.old, inputs: { ...inputsOf(step), type: "TXT" } });
  const gone = withStep(normal, ":DnsRecord::alias-www", (step) => ({
    ...step,
    op: "delete",
    old: text(step),
    new: null,
  }));
  t.deepEqual(found(gone), ["www.saas.test would be without its TXT record"]);
  const replaced = withStep(normal, ":DnsRecord::alias-www", (step) =>
    replacedDeleteFirst({ ...step, old: text(step), new: text(step) }),
  );
  t.deepEqual(found(replaced), ["the record of www.saas.test would be deleted before the new one is made"]);
});
