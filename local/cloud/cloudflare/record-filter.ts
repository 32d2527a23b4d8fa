import type { DnsRecord } from "./record.ts";

const comparisons = {
  exact: (value: string, wanted: string) => value === wanted,
  contains: (value: string, wanted: string) => value.includes(wanted),
  startswith: (value: string, wanted: string) => value.startsWith(wanted),
  endswith: (value: string, wanted: string) => value.endsWith(wanted),
  present: (value: string) => value !== "",
  absent: (value: string) => value === "",
} as const;

const fields = {
  name: (record: DnsRecord) => record.name,
  content: (record: DnsRecord) => record.content,
  comment: (record: DnsRecord) => record.comment ?? "",
  type: (record: DnsRecord) => record.type,
  proxied: (record: DnsRecord) => String(record.proxied),
} as const;

const orders = {
  type: fields.type,
  name: fields.name,
  content: fields.content,
  ttl: (record: DnsRecord) => String(record.ttl).padStart(6, "0"),
  proxied: fields.proxied,
} as const;

/** The query of `GET …/dns_records`: `name=`, `name.exact=`, `content.contains=` …, `match`, `order`, `direction`. */
export function selectRecords(records: readonly DnsRecord[], query: URLSearchParams): DnsRecord[] {
  const filters = [...query].flatMap(([key, wanted]) => toFilter(key, wanted));
  const any = query.get("match") === "any";
  const selected = records.filter((record) =>
    any && filters.length > 0
      ? filters.some((filter) => filter(record))
      : filters.every((filter) => filter(record)),
  );
  const order = orders[query.get("order") as keyof typeof orders];
  const sorted = order ? selected.toSorted((a, b) => compare(order(a), order(b))) : selected;
  return query.get("direction") === "desc" ? sorted.toReversed() : sorted;
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

function toFilter(key: string, wanted: string): ((record: DnsRecord) => boolean)[] {
  // Some clients write name[exact] instead of name.exact.
  const [field = "", how = "exact"] = key.replace(/\[(\w+)\]$/, ".$1").split(".");
  if (field === "search")
    return [(record) => `${record.name} ${record.content}`.includes(wanted.toLowerCase())];
  const read = fields[field as keyof typeof fields];
  const compareBy = comparisons[how as keyof typeof comparisons];
  if (!read || !compareBy) return [];
  return [(record) => compareBy(read(record).toLowerCase(), wanted.toLowerCase())];
}
