import test from "ava";
import type { State } from "../../engine/pulumi.ts";
import { type LiveTraffic, trafficIn } from "../../recovery/live-traffic.ts";

const urn = (type: string) => `urn:pulumi:failover::failover-stacks::${type}`;
const recordUrn = urn("failover-stacks:dns:ClientRecords$cloudflare:index/dnsRecord:DnsRecord::client");
const ruleUrn = urn("azure-native:network:SecurityRule::bypass");

const both = (values: Record<string, unknown>) => ({ inputs: values, outputs: values });
const record = (proxied: boolean) => ({ urn: recordUrn, ...both({ proxied }) });
const rule = (access: string) => ({ urn: ruleUrn, ...both({ access }) });
const others = [
  { urn: urn("cloudflare:index/dnsRecord:DnsRecord::alias-app"), ...both({ proxied: false }) },
  { urn: urn("azure-native:network:SecurityRule::edge-load-balancer"), ...both({ access: "Allow" }) },
];
const closed = [record(true), rule("Deny"), ...others];
const cutOff = (proxied: boolean) => [
  { type: "updating", resource: { urn: recordUrn, inputs: { proxied } } },
];

const behindEdge: LiveTraffic = { edge: "proxied", bypass: "closed" };
const cases: Record<string, [State, LiveTraffic]> = {
  "a stack that was never deployed": [{}, behindEdge],
  "record and rule as in normal": [{ resources: closed }, behindEdge],
  "both as in a dns-only topology": [
    { resources: [record(false), rule("Allow")] },
    { edge: "dns-only", bypass: "open" },
  ],
  "the rule alone open": [{ resources: [record(true), rule("Allow")] }, { edge: "proxied", bypass: "open" }],
  "a write of the record that was cut off on its way there": [
    { resources: [record(true), rule("Allow")], pending_operations: cutOff(false) },
    { edge: "dns-only", bypass: "open" },
  ],
  "a write of the record that was cut off on its way back": [
    { resources: [record(false), rule("Allow")], pending_operations: cutOff(true) },
    { edge: "dns-only", bypass: "open" },
  ],
  "a write of the record that was cut off and would have moved its content alone": [
    { resources: closed, pending_operations: cutOff(true) },
    behindEdge,
  ],
  "a rule whose write failed after Azure took it": [
    { resources: [record(true), { urn: ruleUrn, inputs: { access: "Allow" }, outputs: { access: "Deny" } }] },
    { edge: "proxied", bypass: "open" },
  ],
  "a record that says nothing": [
    { resources: [{ urn: recordUrn }, rule("Deny")] },
    { edge: "dns-only", bypass: "closed" },
  ],
};

for (const [what, [state, traffic]] of Object.entries(cases)) {
  test(`${what} is read as edge ${traffic.edge}, bypass ${traffic.bypass}`, (t) => {
    t.deepEqual(trafficIn(state), traffic);
  });
}
