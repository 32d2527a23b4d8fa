import net from "node:net";
import type { FirewallRule } from "../cloud/azure/plant-protocol.ts";

interface CompiledRule {
  allows: boolean;
  matches: (peer: string, port: number) => boolean;
}

/**
 * Inbound rules of a network security group. The first one that matches decides, by ascending
 * priority; without a match nothing comes in
 * (learn.microsoft.com/azure/virtual-network/network-security-groups-overview, 2026-11).
 */
export class Firewall {
  readonly #rules: CompiledRule[];

  /** @throws Error naming the rule whose source or port cannot be read */
  constructor(rules: FirewallRule[]) {
    this.#rules = rules.toSorted((one, other) => one.priority - other.priority).map(compile);
  }

  admits(peer: string, port: number): boolean {
    return this.#rules.find(({ matches }) => matches(peer, port))?.allows ?? false;
  }
}

function compile({ name, access, sources, ports }: FirewallRule): CompiledRule {
  const from = compileSources(name, sources);
  const to = ports.map((range) => compilePorts(name, range));
  return {
    allows: access === "Allow",
    matches: (peer, port) => from(peer) && to.some((holds) => holds(port)),
  };
}

function compileSources(rule: string, sources: string[]): (peer: string) => boolean {
  if (sources.includes("*")) return () => true;
  const list = new net.BlockList();
  for (const source of sources) {
    const [address = "", length = "32"] = source.split("/");
    if (!net.isIPv4(address) || !/^\d+$/.test(length) || Number(length) > 32) {
      throw new Error(`rule ${rule}: ${source} is neither "*" nor a range like 127.20.0.80/31`);
    }
    list.addSubnet(address, Number(length));
  }
  return (peer) => list.check(peer);
}

function compilePorts(rule: string, range: string): (port: number) => boolean {
  if (range === "*") return () => true;
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
  if (first === undefined)
    throw new Error(`rule ${rule}: ${range} is neither "*", a port nor a range of ports`);
  return (port) => port >= Number(first) && port <= Number(last ?? first);
}
