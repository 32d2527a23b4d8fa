import { cidrsOf, complement, contains, overlap, parseAddress, parseCidr, type Range } from "./cidr.ts";
import { textAt, valuesAt, type Json } from "./document.ts";
import type { FirewallRule } from "./plant-protocol.ts";

export interface SecurityRule {
  name: string;
  properties: Json;
}

/** The inbound side of one machine. */
export interface Side {
  /** Of the subnet and of the NIC, those that there are; a packet must be let in by each. Rules as in ARM. */
  groups: readonly (readonly SecurityRule[])[];
  /** The private address, which is what rules see as destination. */
  address: string;
  /** Prefixes of the virtual network: what the tag VirtualNetwork stands for. */
  network: readonly Range[];
  /** A Standard public address lets nothing in without a group. */
  closedToInternet: boolean;
}

/** learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules */
export const defaultRules: readonly SecurityRule[] = [
  rule("AllowVnetInBound", 65_000, ["Allow", "VirtualNetwork", "VirtualNetwork"]),
  rule("AllowAzureLoadBalancerInBound", 65_001, ["Allow", "AzureLoadBalancer", "*"]),
  rule("DenyAllInBound", 65_500, ["Deny", "*", "*"]),
];

function rule(
  name: string,
  priority: number,
  [access, source, destination]: [string, string, string],
): SecurityRule {
  return {
    name,
    properties: {
      priority,
      access,
      direction: "Inbound",
      protocol: "*",
      sourceAddressPrefix: source,
      sourcePortRange: "*",
      destinationAddressPrefix: destination,
      destinationPortRange: "*",
    },
  };
}

const allAddresses: Range = { first: 0, last: 2 ** 32 - 1 };
const allPorts: Range = { first: 0, last: 65_535 };
/** The host's own address, from which Azure's load balancers probe. */
const loadBalancer = "168.63.129.16";

interface Filter {
  name: string;
  priority: number;
  access: "Allow" | "Deny";
  sources: readonly Range[];
  ports: readonly Range[];
}

/** What decides about a TCP connection to the machine, by priority; the first that matches counts. */
export function effectiveRules(side: Side): FirewallRule[] {
  const [first, ...others] = side.groups.length > 0 ? side.groups : [withoutGroup(side)];
  const start = filtersOf(first ?? [], side);
  const filters = others.reduce<Filter[]>((before, group) => both(before, filtersOf(group, side)), start);
  return filters.map(({ name, priority, access, sources, ports }) => ({
    name,
    priority,
    access,
    sources: written(sources, allAddresses, cidrsOf),
    ports: written(ports, allPorts, (range) => [
      range.first === range.last ? `${range.first}` : `${range.first}-${range.last}`,
    ]),
  }));
}

function withoutGroup({ closedToInternet }: Side): readonly SecurityRule[] {
  return closedToInternet ? [] : [rule("NoSecurityGroup", 4096, ["Allow", "*", "*"])];
}

function written(ranges: readonly Range[], whole: Range, write: (range: Range) => string[]): string[] {
  return ranges.some((range) => contains(range, whole)) ? ["*"] : ranges.flatMap(write);
}

function filtersOf(group: readonly SecurityRule[], side: Side): Filter[] {
  return [...group, ...defaultRules]
    .filter((each) => concerns(each, side))
    .map(({ name, properties }) => ({
      name,
      priority: Number(properties.priority),
      access:
        textAt(properties, "access")?.toLowerCase() === "allow" ? ("Allow" as const) : ("Deny" as const),
      sources: prefixesOf(properties, "sourceAddress").flatMap((prefix) => addressesOf(prefix, side)),
      ports: portsOf(properties),
    }))
    .filter(({ sources, ports }) => sources.length > 0 && ports.length > 0)
    .toSorted((a, b) => a.priority - b.priority);
}

function concerns({ properties }: SecurityRule, side: Side): boolean {
  const protocol = textAt(properties, "protocol")?.toLowerCase();
  const inbound = textAt(properties, "direction")?.toLowerCase() === "inbound";
  const own = parseAddress(side.address) ?? -1;
  const targets = prefixesOf(properties, "destinationAddress").flatMap((prefix) => addressesOf(prefix, side));
  const meant = targets.some((range) => contains(range, { first: own, last: own }));
  return inbound && meant && (protocol === "*" || protocol === "tcp");
}

function prefixesOf(properties: Json, what: "sourceAddress" | "destinationAddress"): string[] {
  const all = [properties[`${what}Prefix`], ...valuesAt(properties, `${what}Prefixes[]`)];
  return all.filter((prefix) => typeof prefix === "string");
}

/** The service tags the local cloud knows; their names are in any case. */
export const serviceTags = ["*", "virtualnetwork", "internet", "azureloadbalancer"];

function addressesOf(prefix: string, { network }: Side): readonly Range[] {
  const tags: Readonly<Record<string, () => readonly Range[]>> = {
    "*": () => [allAddresses],
    virtualnetwork: () => network,
    internet: () => complement(network),
    azureloadbalancer: () => [parseCidr(loadBalancer)].filter((range) => range !== undefined),
  };
  const tag = tags[prefix.toLowerCase()];
  if (tag) return tag();
  const range = parseCidr(prefix);
  return range ? [range] : [];
}

function portsOf(properties: Json): Range[] {
  const all = [properties.destinationPortRange, ...valuesAt(properties, "destinationPortRanges[]")];
  return all.flatMap((range) => (typeof range === "string" ? (parsePorts(range) ?? []) : []));
}

/** "*", "80" or "80-90". */
export function parsePorts(text: string): Range | undefined {
  if (text === "*") return allPorts;
  const [first, last = first] = text
    .split("-", 2)
    .map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : -1));
  if (first === undefined || last === undefined || first < 0 || last > 65_535 || first > last)
    return undefined;
  return { first, last };
}

/**
 * One list that lets in what both lists let in. A packet's first match in each is the first pair that matches it
 * when pairs are in the order of the first list, then of the second.
 */
function both(before: readonly Filter[], after: readonly Filter[]): Filter[] {
  const pairs = before.flatMap((outer) =>
    outer.access === "Deny" ? [outer] : after.flatMap((inner) => joined(outer, inner)),
  );
  return pairs.map((filter, index) => ({ ...filter, priority: 100 + index }));
}

function joined(outer: Filter, inner: Filter): Filter[] {
  const sources = overlaps(outer.sources, inner.sources);
  const ports = overlaps(outer.ports, inner.ports);
  if (sources.length === 0 || ports.length === 0) return [];
  return [{ ...inner, name: `${outer.name} and ${inner.name}`, sources, ports }];
}

function overlaps(some: readonly Range[], others: readonly Range[]): Range[] {
  return some.flatMap((one) => others.flatMap((other) => overlap(one, other) ?? []));
}
