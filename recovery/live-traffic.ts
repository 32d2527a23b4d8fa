import { type State, stateOf, type StateResource, type Workspace } from "../engine/pulumi.ts";
import type { Axes } from "../infra/topologies.ts";

/** How clients may reach the plant, whatever the last switch came to. */
export type LiveTraffic = Pick<Axes, "edge" | "bypass">;

/**
 * Reads from the state of stack failover how clients reach the plant. Its outputs name the last complete switch; one
 * that was refused or killed half-way may have moved the record and the firewall.
 * In doubt `dns-only` and `open`: the longer way back shuts nobody out.
 */
export async function liveTraffic(workspace: Workspace): Promise<LiveTraffic> {
  return trafficIn(await stateOf(workspace, "failover"));
}

/** A stack that was never deployed has sent nobody past the edge: `proxied` and `closed`. */
export function trafficIn({ resources = [], pending_operations: pending = [] }: State): LiveTraffic {
  const found = [...resources, ...pending.map(({ resource }) => resource)];
  const record = found.filter(({ urn }) => urn.endsWith(":DnsRecord::client"));
  const rule = found.filter(({ urn }) => urn.endsWith(":SecurityRule::bypass"));
  return {
    edge: record.every(says("proxied", true)) ? "proxied" : "dns-only",
    bypass: rule.every(says("access", "Deny")) ? "closed" : "open",
  };
}

/** An update that was cut off has inputs alone, those that it asked for; one that failed may have both. */
function says(property: string, value: unknown): (resource: StateResource) => boolean {
  return ({ inputs = {}, outputs = inputs }) =>
    [inputs[property], outputs[property] ?? inputs[property]].every((found) => found === value);
}
