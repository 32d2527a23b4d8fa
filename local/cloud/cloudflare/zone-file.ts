import { clientTtlSeconds } from "../../../infra/topologies.ts";
import { isLoopback } from "../loopback.ts";
import type { DnsRecord } from "./record.ts";

/** What Cloudflare answers with for a proxied name, and for `ttl: 1` (automatic). */
const automaticTtlSeconds = clientTtlSeconds.proxied;
/** How long a resolver may remember that a name does not exist. Cloudflare has 1800 s; a rehearsal cannot wait. */
const negativeTtlSeconds = 60;
const longestChain = 10;

export interface ZoneFileSettings {
  zoneName: string;
  /** Of the name server NSD answers on. */
  nameServerAddress: string;
  edgeAddresses: readonly string[];
  /** Every TTL is divided by this. 1 shortens nothing. It is applied here and nowhere else. */
  ttlDivisor: number;
}

/** The zone as NSD reads it. Names are absolute, TTLs explicit. */
export function writeZoneFile(
  records: readonly DnsRecord[],
  serial: number,
  settings: ZoneFileSettings,
): string {
  const { zoneName } = settings;
  const soa = `ns1.${zoneName}. dns.${zoneName}. ${serial} 10000 2400 604800`;
  const negative = shortened(negativeTtlSeconds, settings);
  const nameServer = shortened(86_400, settings);
  const lines = [
    `${zoneName}. ${negative} IN SOA ${soa} ${negative}`,
    `${zoneName}. ${nameServer} IN NS ns1.${zoneName}.`,
    `ns1.${zoneName}. ${nameServer} IN A ${settings.nameServerAddress}`,
    ...byName(records).flatMap((group) => linesOfName(group, records, settings)),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Where the edge sends a request, by lower-case host name. A name is in it while its traffic comes to the edge:
 * proxied itself, or a DNS-only CNAME to such a name in this zone. Of several addresses the oldest counts.
 * Origins outside 127.0.0.0/8 are left out: the local edge must not reach them.
 */
export function originsByHost(records: readonly DnsRecord[]): Map<string, string> {
  const origins = new Map<string, string>();
  for (const [{ name } = { name: "" }] of byName(records)) {
    const chain = chaseAliases(name, records);
    const address = chain.addresses.find((record) => record.type === "A" && isLoopback(record.content));
    if (chain.proxied && address) origins.set(name, address.content);
  }
  return origins;
}

function byName(records: readonly DnsRecord[]): DnsRecord[][] {
  const groups = Map.groupBy(records, ({ name }) => name);
  return [...groups.values()];
}

function linesOfName(
  group: readonly DnsRecord[],
  records: readonly DnsRecord[],
  settings: ZoneFileSettings,
): string[] {
  const name = group[0]?.name ?? "";
  const addressing = group.filter(({ proxiable }) => proxiable);
  const others = group.filter(({ proxiable }) => !proxiable);
  return [
    ...addressLines(name, { addressing, records, settings }),
    ...others.map((record) => line(record, settings)),
  ];
}

interface Addressing {
  addressing: readonly DnsRecord[];
  records: readonly DnsRecord[];
  settings: ZoneFileSettings;
}

function addressLines(name: string, { addressing, records, settings }: Addressing): string[] {
  // One proxied record makes all of its name proxied.
  if (addressing.some(({ proxied }) => proxied)) return edgeLines(name, settings);
  const apexAlias = addressing.find(({ type }) => type === "CNAME" && name === settings.zoneName);
  if (!apexAlias) return addressing.map((record) => line(record, settings));
  // A CNAME cannot stand beside SOA and NS, so its target's addresses are answered in its place.
  const { proxied, addresses } = chaseAliases(name, records);
  if (proxied) return edgeLines(name, settings);
  return addresses.map((record) => line({ ...record, name }, settings));
}

function edgeLines(name: string, settings: ZoneFileSettings): string[] {
  const ttl = shortened(automaticTtlSeconds, settings);
  return settings.edgeAddresses.map((address) => `${name}. ${ttl} IN A ${address}`);
}

function line(record: DnsRecord, settings: ZoneFileSettings): string {
  const seconds = record.ttl === 1 ? automaticTtlSeconds : record.ttl;
  return `${record.name}. ${shortened(seconds, settings)} IN ${record.type} ${recordData(record)}`;
}

function recordData({ type, content, priority }: DnsRecord): string {
  if (type === "TXT") return quoteText(content);
  if (type === "MX") return `${priority} ${content}.`;
  return type === "A" || type === "AAAA" ? content : `${content}.`;
}

/** A TXT record is strings of at most 255 bytes; clients may send it quoted already. */
function quoteText(content: string): string {
  const plain = /^".*"$/s.test(content) ? content.slice(1, -1).replaceAll('" "', "") : content;
  const bytes = Buffer.from(plain.replaceAll(/\\(["\\])/g, "$1"));
  const strings: string[] = [];
  for (let at = 0; at < Math.max(bytes.length, 1); at += 255) {
    const escaped = [...bytes.subarray(at, at + 255)].map(escapeByte).join("");
    strings.push(`"${escaped}"`);
  }
  return strings.join(" ");
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") return `\\${character}`;
  return byte >= 32 && byte < 127 ? character : `\\${String(byte).padStart(3, "0")}`;
}

function shortened(seconds: number, { ttlDivisor }: ZoneFileSettings): number {
  return Math.max(1, Math.round(seconds / ttlDivisor));
}

/** Follows CNAMEs inside the zone, to the address records at the end and whether anything on the way is proxied. */
function chaseAliases(start: string, records: readonly DnsRecord[]) {
  let name = start;
  let proxied = false;
  for (let step = 0; step < longestChain; step += 1) {
    const here = records.filter((record) => record.name === name && record.proxiable);
    proxied ||= here.some((record) => record.proxied);
    const alias = here.find(({ type }) => type === "CNAME");
    if (!alias) return { proxied, addresses: here };
    name = alias.content.toLowerCase();
  }
  return { proxied, addresses: [] };
}
