import test from "ava";
import * as fc from "fast-check";
import {
  cidrsOf,
  complement,
  formatAddress,
  parseAddress,
  parseCidr,
} from "../../../../local/cloud/azure/cidr.ts";

const address = fc.nat({ max: 2 ** 32 - 1 });
const cidr = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([at, bits]) => {
  const size = 2 ** (32 - bits);
  return `${formatAddress(at - (at % size))}/${bits}`;
});

test("an address or range reads back as it was written", (t) => {
  fc.assert(fc.property(address, (at) => t.is(parseAddress(formatAddress(at)), at)));
  fc.assert(fc.property(cidr, (text) => t.deepEqual(cidrsOf(parseCidr(text)!), [text])));
});

test("a range with bits right of its prefix, and anything else, is refused", (t) => {
  for (const text of ["127.0.0.1/24", "127.0.0.256", "10.0.0.0/33", "Internet", "", "1.2.3"])
    t.is(parseCidr(text), undefined);
});

test("every address is either in the ranges or in their complement", (t) => {
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 5 }), address, (texts, at) => {
      const ranges = texts.map((text) => parseCidr(text)!);
      const inside = (list: readonly { first: number; last: number }[]) =>
        list.some(({ first, last }) => first <= at && at <= last);
      const outside = complement(ranges)
        .flatMap(cidrsOf)
        .map((text) => parseCidr(text)!);
      t.not(inside(ranges), inside(outside));
    }),
  );
});
