import test from "ava";
import * as fc from "fast-check";
import { missRateBound } from "../../../evidence/ledger/bound.ts";

// 1 − 0.05^(1/n) for none; the others are of the tables of Clopper and Pearson.
for (const [misses, runs, bound] of [
  [0, 5, 0.4507],
  [0, 10, 0.2589],
  [0, 20, 0.1391],
  [0, 59, 0.0495],
  [0, 299, 0.00997],
  [1, 10, 0.3942],
  [2, 20, 0.2826],
  [10, 10, 1],
  [0, 0, 1],
] as const) {
  test(`${misses} misses in ${runs} runs prove a miss rate of at most ${bound}`, (t) => {
    t.true(Math.abs(missRateBound(misses, runs) - bound) < 0.0001, String(missRateBound(misses, runs)));
  });
}

test("the bound is above the share that was seen, falls with runs and rises with misses", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(400), (runs, some) => {
      const misses = Math.min(some, runs - 1);
      const bound = missRateBound(misses, runs);
      t.true(bound > misses / runs && bound <= 1);
      t.true(missRateBound(misses, runs + 1) < bound);
      t.true(missRateBound(misses + 1, runs) > bound);
    }),
  );
});
