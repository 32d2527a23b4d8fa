/** A range of IPv4 addresses, both ends included. */
export interface Range {
  first: number;
  last: number;
}

const wholeSpace: Range = { first: 0, last: 2 ** 32 - 1 };

/** Reads "10.0.0.0/24" or "10.0.0.4"; undefined when it is neither, or has bits right of its prefix. */
export function parseCidr(text: string): Range | undefined {
  const [address = "", length = "32"] = text.split("/", 2);
  const first = parseAddress(address);
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (first === undefined || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  if (!valid) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlap(one: Range, other: Range): Range | undefined {
  const first = Math.max(one.first, other.first);
  const last = Math.min(one.last, other.last);
  return first <= last ? { first, last } : undefined;
}

/** Everything outside the ranges. */
export function complement(ranges: readonly Range[]): Range[] {
  let rest = [wholeSpace];
  for (const hole of ranges) rest = rest.flatMap((range) => cut(range, hole));
  return rest;
}

function cut(range: Range, hole: Range): Range[] {
  if (!overlap(range, hole)) return [range];
  const parts = [
    { first: range.first, last: hole.first - 1 },
    { first: hole.last + 1, last: range.last },
  ];
  return parts.filter(({ first, last }) => first <= last);
}

/** The fewest CIDRs that make up a range. */
export function cidrsOf({ first, last }: Range): string[] {
  const cidrs: string[] = [];
  for (let at = first; at <= last;) {
    let bits = 32;
    while (bits > 0 && at % 2 ** (33 - bits) === 0 && at + 2 ** (33 - bits) - 1 <= last) bits -= 1;
    cidrs.push(`${formatAddress(at)}/${bits}`);
    at += 2 ** (32 - bits);
  }
  return cidrs;
}
