import test from "ava";
import * as fc from "fast-check";
import { parseAddress, parseCidr } from "../../../../local/cloud/azure/cidr.ts";
import {
  effectiveRules,
  type SecurityRule,
  type Side,
} from "../../../../local/cloud/azure/effective-rules.ts";
import type { FirewallRule } from "../../../../local/cloud/azure/plant-protocol.ts";

const network = [parseCidr("127.0.4.0/24")!];
const own = "127.0.4.11";

const rule = (priority: number, properties: object): SecurityRule => ({
  name: `rule-${priority}`,
  properties: {
    priority,
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    sourceAddressPrefix: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "8443",
    ...properties,
  },
});

const side = (...groups: SecurityRule[][]): Side => ({
  groups,
  address: own,
  network,
  closedToInternet: true,
});

/** What the plant does with the rules: the first match by priority. */
function admits(rules: readonly FirewallRule[], source: string, port: number): boolean {
  const at = parseAddress(source)!;
  const fits = ({ sources, ports }: FirewallRule) =>
    sources.some((each) => each === "*" || (parseCidr(each)!.first <= at && at <= parseCidr(each)!.last)) &&
    ports.some((each) => {
      const [first, last = first] = each.split("-").map(Number);
      return each === "*" || (first! <= port && port <= last!);
    });
  return rules.toSorted((a, b) => a.priority - b.priority).find(fits)?.access === "Allow";
}

test("without rules of its own a group lets in the network and nobody else", (t) => {
  const rules = effectiveRules(side([]));
  t.deepEqual(
    rules.map(({ name, sources }) => [name, sources]),
    [
      ["AllowVnetInBound", ["127.0.4.0/24"]],
      ["AllowAzureLoadBalancerInBound", ["168.63.129.16/32"]],
      ["DenyAllInBound", ["*"]],
    ],
  );
});

test("the rule of the lower priority decides", (t) => {
  const rules = effectiveRules(
    side([rule(200, {}), rule(100, { access: "Deny", sourceAddressPrefix: "127.0.9.0/24" })]),
  );
  t.false(admits(rules, "127.0.9.1", 8443));
  t.true(admits(rules, "127.0.8.1", 8443));
});

test("single and plural addresses and ports mean the same", (t) => {
  const rules = effectiveRules(
    side([
      rule(100, {
        sourceAddressPrefix: undefined,
        sourceAddressPrefixes: ["127.0.8.0/24", "127.0.9.1"],
        destinationPortRange: undefined,
        destinationPortRanges: ["22", "8000-8100"],
      }),
    ]),
  );
  t.like(rules[0], { sources: ["127.0.8.0/24", "127.0.9.1/32"], ports: ["22", "8000-8100"] });
});

test("Internet is everything outside the virtual network", (t) => {
  const rules = effectiveRules(
    side([rule(100, { sourceAddressPrefix: "Internet" }), rule(101, { access: "Deny" })]),
  );
  t.true(admits(rules, "127.0.5.1", 8443));
  t.false(admits(rules, "127.0.4.5", 8443));
});

const notConcerned = {
  "an outbound rule": { direction: "Outbound" },
  "a rule for UDP": { protocol: "Udp" },
  "a rule for another machine": { destinationAddressPrefix: "127.0.4.12/32" },
};

for (const [what, properties] of Object.entries(notConcerned)) {
  test(`${what} says nothing about a TCP connection to this machine`, (t) => {
    t.false(admits(effectiveRules(side([rule(100, properties)])), "127.0.5.1", 8443));
  });
}

test("a rule for this machine's own address or its network counts", (t) => {
  for (const destinationAddressPrefix of [own, "127.0.4.0/24", "VirtualNetwork"]) {
    t.true(admits(effectiveRules(side([rule(100, { destinationAddressPrefix })])), "127.0.5.1", 8443));
  }
});

test("a machine without any group is closed when its address is public, and open when it is not", (t) => {
  const none = { ...side(), groups: [] };
  t.false(admits(effectiveRules(none), "127.0.5.1", 22));
  t.true(admits(effectiveRules({ ...none, closedToInternet: false }), "127.0.5.1", 22));
});

test("with groups at subnet and NIC a connection is let in if, and only if, both let it in", (t) => {
  const prefix = fc.constantFrom(
    "*",
    "Internet",
    "VirtualNetwork",
    "127.0.5.0/24",
    "127.0.5.128/25",
    "127.0.4.7",
  );
  const ports = fc.constantFrom("*", "22", "8443", "8000-9000");
  const some = fc.array(
    fc.tuple(fc.integer({ min: 100, max: 4096 }), prefix, ports, fc.constantFrom("Allow", "Deny")),
    {
      maxLength: 5,
    },
  );
  const group = some.map((all) => {
    const unique = [...new Map(all.map((each) => [each[0], each])).values()];
    return unique.map(([priority, sourceAddressPrefix, destinationPortRange, access]) =>
      rule(priority, { sourceAddressPrefix, destinationPortRange, access }),
    );
  });
  const source = fc.constantFrom("127.0.5.1", "127.0.5.200", "127.0.4.7", "127.0.4.8", "127.0.99.1");
  fc.assert(
    fc.property(group, group, fc.tuple(source, fc.constantFrom(22, 80, 8443)), (one, other, [from, port]) => {
      const each = [one, other].map((rules) => admits(effectiveRules(side(rules)), from, port));
      t.is(admits(effectiveRules(side(one, other)), from, port), each.every(Boolean));
    }),
  );
});
