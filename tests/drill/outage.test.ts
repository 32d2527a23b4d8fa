import test from "ava";
import * as fc from "fast-check";
import { saysSomething } from "../../drill/coverage.ts";
import { findOutage } from "../../drill/outage.ts";
import { rule, samples } from "./samples.ts";

test("service without a failed sample has no outage", (t) => {
  t.is(findOutage(samples({ fromMs: 0, toMs: 10_000 }), rule), undefined);
});

test("an outage lasts from the first failed request to the first good answer of sustained service", (t) => {
  const outage = findOutage(samples({ fromMs: 0, toMs: 20_000 }, [{ fromMs: 1000, toMs: 4000 }]), rule);
  t.deepEqual(outage, { firstFailedMs: 1000, recoveredMs: 4010 });
});

test("a relapse re-opens the outage", (t) => {
  const relapse = [
    { fromMs: 1000, toMs: 2000 },
    { fromMs: 9000, toMs: 9100 },
  ];
  t.deepEqual(findOutage(samples({ fromMs: 0, toMs: 20_000 }, relapse), rule), {
    firstFailedMs: 1000,
    recoveredMs: 9110,
  });
});

test("after it every second request that fails is a relapse, though never two in a row do", (t) => {
  const first = { fromMs: 1000, toMs: 2000 };
  const every = Array.from({ length: 60 }, (_, n) => ({ fromMs: 9000 + n * 100, toMs: 9050 + n * 100 }));
  const outage = findOutage(samples({ fromMs: 0, toMs: 30_000 }, [first, ...every]), rule);
  t.true((outage?.recoveredMs ?? 0) > 14_000);
  const [alone] = every;
  t.is(
    findOutage(samples({ fromMs: 0, toMs: 30_000 }, [first, ...(alone ? [alone] : [])]), rule)?.recoveredMs,
    2010,
  );
});

test("good answers between failures are no recovery", (t) => {
  const flapping = [
    { fromMs: 1000, toMs: 2000 },
    { fromMs: 4000, toMs: 4100 },
    { fromMs: 6000, toMs: 6100 },
  ];
  t.is(findOutage(samples({ fromMs: 0, toMs: 20_000 }, flapping), rule)?.recoveredMs, 6110);
});

test("two single failures within one window are more than one per cent", (t) => {
  const singles = [
    { fromMs: 1000, toMs: 1050 },
    { fromMs: 3000, toMs: 3050 },
  ];
  t.is(findOutage(samples({ fromMs: 0, toMs: 20_000 }, singles), rule)?.recoveredMs, 1060);
  const three = [...singles, { fromMs: 5000, toMs: 5050 }];
  t.is(findOutage(samples({ fromMs: 0, toMs: 20_000 }, three), rule)?.recoveredMs, 3060);
});

test("service that was not watched for the whole window has not recovered", (t) => {
  const outage = findOutage(samples({ fromMs: 0, toMs: 8000 }, [{ fromMs: 1000, toMs: 4000 }]), rule);
  t.is(outage?.recoveredMs, null);
});

test("a window with missing samples does not pass", (t) => {
  const all = samples({ fromMs: 0, toMs: 20_000 }, [{ fromMs: 1000, toMs: 2000 }]);
  const holes = all.filter(({ dueMs }) => dueMs < 3000 || dueMs >= 3500);
  t.true((findOutage(holes, rule)?.recoveredMs ?? 0) >= 3000);
});

test("samples sent too late count neither way", (t) => {
  const late = samples({ fromMs: 0, toMs: 10_000 }, [{ fromMs: 1000, toMs: 1500 }]).map((sample) =>
    sample.good ? sample : { ...sample, sentMs: sample.dueMs + 101 },
  );
  t.is(findOutage(late, rule), undefined);
});

test("an outage is never shorter than nothing and never longer than it was broken, to a sample", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (start, length) => {
      const failing = { fromMs: start * 50, toMs: (start + length) * 50 };
      const outage = findOutage(samples({ fromMs: 0, toMs: 20_000 }, [failing]), rule);
      const seconds = ((outage?.recoveredMs ?? Infinity) - (outage?.firstFailedMs ?? 0)) / 1000;
      return Math.abs(seconds - (length * 50 + 10) / 1000) < 0.001;
    }),
  );
  t.pass();
});

test("two late samples silence a second, and not three seconds", (t) => {
  const seen = samples({ fromMs: 0, toMs: 3000 }).map((sample) =>
    sample.dueMs === 200 || sample.dueMs === 400 ? { ...sample, sentMs: sample.dueMs + 101 } : sample,
  );
  t.false(saysSomething(seen, { fromMs: 0, toMs: 1000 }, rule));
  t.true(saysSomething(seen, { fromMs: 0, toMs: 3000 }, rule));
});
