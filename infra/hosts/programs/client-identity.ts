import type { IncomingMessage } from "node:http";
import net from "node:net";

export interface Believed {
  /** CIDR: peers whose CF-Connecting-IP is true. */
  edgeRanges: readonly string[];
  /** Addresses whose X-Forwarded-For is true. */
  loadBalancers: readonly string[];
}

/** Says whom a request comes from. Anybody can send the headers; only the edge's and the load balancers' are true. */
export function clientIdentity({ edgeRanges, loadBalancers }: Believed) {
  const edge = blockListOf(edgeRanges);
  return (request: IncomingMessage): string => {
    const peer = request.socket.remoteAddress ?? "";
    const told = [
      edge.check(peer, familyOf(peer)) && request.headers["cf-connecting-ip"],
      loadBalancers.includes(peer) && request.headers["x-forwarded-for"],
    ].find(Boolean);
    return typeof told === "string" ? told : peer;
  };
}

function blockListOf(ranges: readonly string[]): net.BlockList {
  const list = new net.BlockList();
  for (const range of ranges) {
    const [address = "", prefix = "32"] = range.split("/");
    list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return list;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return net.isIPv6(address) ? "ipv6" : "ipv4";
}
