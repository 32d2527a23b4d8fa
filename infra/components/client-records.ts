import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { type Axes, clientTtlSeconds } from "../topologies.ts";

export interface ClientRecordsArgs {
  zone: { id: string; name: string };
  /** Label of the name clients use, without the zone. */
  host: string;
  /** Labels of further names that follow it. */
  aliases: readonly string[];
  /** IPv4 address of the server that answers for the name. */
  origin: string;
  edge: Axes["edge"];
  /** What must have happened before clients are sent there: servers let them in. */
  after: Resource[];
}

/**
 * The DNS name clients use, and its aliases.
 * Logical names and the record type are the same in every topology: a switch is one update in place,
 * because a replaced record is a gap in the answers. Aliases are DNS-only and follow the one record, so a
 * switch costs one request however many names there are.
 */
export class ClientRecords extends ComponentResource {
  readonly clientName: string;
  /** Known once the record that clients use is what this program asked for; never, when Cloudflare refused it. */
  readonly settled: Output<unknown>;

  constructor(name: string, args: ClientRecordsArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:dns:ClientRecords", name, {}, opts);
    const parent = { parent: this };
    const { zone, host, aliases, origin, edge } = args;
    const proxied = edge === "proxied";
    this.clientName = `${host}.${zone.name}`;

    const record = new DnsRecord(
      "client",
      {
        zoneId: zone.id,
        name: this.clientName,
        type: "A",
        content: origin,
        proxied,
        ttl: ttlSeconds(proxied),
      },
      { ...parent, dependsOn: args.after },
    );
    for (const alias of aliases) {
      new DnsRecord(
        `alias-${alias}`,
        {
          zoneId: zone.id,
          name: `${alias}.${zone.name}`,
          type: "CNAME",
          content: this.clientName,
          proxied: false,
          ttl: ttlSeconds(false),
        },
        { ...parent, dependsOn: record },
      );
    }
    this.settled = record.id;
    this.registerOutputs();
  }
}

/** Cloudflare accepts only 1 ("automatic") for a proxied record, whatever it answers with. */
function ttlSeconds(proxied: boolean): number {
  return proxied ? 1 : clientTtlSeconds["dns-only"];
}
