import test from "ava";
import { acceptedMisses } from "../../drill/accepted.ts";
import { measure } from "../../drill/measure.ts";
import { partsOf, project } from "../../drill/parts.ts";
import { type Scenario, scenarios } from "../../drill/scenarios.ts";
import { allowedFailbackSeconds } from "../../drill/failback-verdict.ts";
import { exitCodeOf, judge } from "../../drill/verdict.ts";
import type { JournalEntry } from "../../watch/journal.ts";
import { journal, rule, samples, type Stretch } from "./samples.ts";

const today = "2026-12-01";
const broken = [{ fromMs: 1000, toMs: 14_000 }];

test("a recovery is measured from the switch and from the first failed request, apart", (t) => {
  const { rtoDeclaredSeconds, rtoOutageSeconds, slices } = measure(journal({ failing: broken }), rule);
  t.is(rtoDeclaredSeconds, 10.01);
  t.is(rtoOutageSeconds, 13.01);
  t.deepEqual(slices, {
    engineSeconds: 1.97,
    securityRuleSeconds: null,
    recordSeconds: 0.03,
    restoreSeconds: null,
    settingsSeconds: null,
    plannedSeconds: null,
    promotionSeconds: null,
    capacitySeconds: null,
    tailSeconds: 8.01,
  });
});

test("a projection replaces each slice by the cloud's figure and leaves the rest as run", (t) => {
  const measured = measure(journal({ failing: broken }), rule);
  const { projected, timeToDecideSeconds, condition } = judge("edge-down", measured, today);
  const expected = 10.01 - 8.01 + 300 - 0.03 + 1 + 15;
  t.is(Math.round((projected.rtoDeclaredSeconds ?? 0) * 100), Math.round(expected * 100));
  t.is(Math.round((timeToDecideSeconds ?? 0) * 100), Math.round((600 - expected) * 100));
  t.is(condition, `security rule ≤ ${Math.floor(15 + 600 - expected)} s`);
});

test("a promise kept under its minimum is called early", (t) => {
  const quick = measure(journal({ failing: [{ fromMs: 1000, toMs: 6200 }] }), rule);
  const { verdict, early } = judge("load-balancer-down", quick, today);
  t.is(verdict, "kept");
  t.true(early);
});

test("a projection over the maximum is missed, however fast the run was", (t) => {
  const measured = measure(journal({ failing: broken }), rule);
  const slow = { ...measured, rtoDeclaredSeconds: 400 };
  const { verdict, reason } = judge("edge-down", slow, today);
  t.is(verdict, "missed");
  t.regex(reason ?? "", /^\d+ s over$/);
});

test("service that came back only with the fault's end is missed, and has no RTO", (t) => {
  const never = measure(journal({ failing: [{ fromMs: 1000, toMs: 20_100 }] }), rule);
  t.is(never.rtoDeclaredSeconds, null);
  const judgement = judge("edge-down", never, today);
  t.is(judgement.verdict, "missed");
  t.is(judgement.timeToDecideSeconds, null);
});

test("a fault without direct evidence proves nothing", (t) => {
  const { verdict, reason } = judge(
    "edge-down",
    measure(journal({ failing: broken, proven: false }), rule),
    today,
  );
  t.is(verdict, "unproven");
  t.regex(reason ?? "", /direct evidence/);
});

test("a run in which more than 5 % of the samples were late proves nothing", (t) => {
  const late = journal({ failing: broken }).map((entry, i) =>
    entry.kind === "sample" && i % 10 === 0 ? { ...entry, sentMs: entry.dueMs + 150 } : entry,
  );
  t.is(judge("edge-down", measure(late, rule), today).verdict, "unproven");
});

test("a journal with samples removed proves nothing", (t) => {
  const never = journal({ failing: [{ fromMs: 1000, toMs: 20_100 }] });
  const cut = never.filter((entry) => entry.kind !== "sample" || entry.dueMs < 10_000);
  t.is(judge("edge-down", measure(cut, rule), today).verdict, "unproven");
  const none = never.filter((entry) => entry.kind !== "sample");
  t.is(judge("edge-down", measure(none, rule), today).verdict, "unproven");
});

test("a proven fault that no client noticed is an outage of nothing", (t) => {
  const { rtoOutageSeconds } = measure(journal(), rule);
  t.is(rtoOutageSeconds, 0);
  t.is(judge("api-main-down", measure(journal(), rule), today).verdict, "kept");
});

test("failed samples on the way back are counted", (t) => {
  const late = journal({
    failing: [
      { fromMs: 1000, toMs: 14_000 },
      { fromMs: 21_000, toMs: 21_500 },
    ],
  });
  t.is(measure(late, rule).failback?.outageSeconds, 0.5);
  t.is(measure(journal({ failing: broken }), rule).failback?.outageSeconds, 0);
});

test("a way back that ends without service is missed, and fails the drill", (t) => {
  const never = journal({
    failing: [
      { fromMs: 1000, toMs: 14_000 },
      { fromMs: 20_500, toMs: 26_000 },
    ],
  });
  const judgement = judge("edge-down", measure(never, rule), today);
  t.is(judgement.verdict, "kept");
  t.is(judgement.failbackVerdict, "missed");
  t.is(exitCodeOf([judgement]), 1);
});

test("a way back is missed when samples of more than a second in all failed, sustained or not", (t) => {
  const lasting = (seconds: number) =>
    journal({
      failing: [
        { fromMs: 1000, toMs: 14_000 },
        { fromMs: 21_000, toMs: 21_500 },
        { fromMs: 22_000, toMs: 21_500 + seconds * 1000 },
      ],
    });
  const verdictOf = (seconds: number) =>
    judge("edge-down", measure(lasting(seconds), rule), today).failbackVerdict;
  const allowed = allowedFailbackSeconds({ judged: "fresh", failback: null });
  t.is(verdictOf(allowed), "kept");
  t.is(verdictOf(allowed + 0.6), "missed");
});

test("a switch that began when service was not out, or that had changed nothing when it was back, proves nothing", (t) => {
  const never: Stretch[] = [];
  const over = [{ fromMs: 1000, toMs: 3000 }];
  const byTheSwitch = [{ fromMs: 5000, toMs: 7000 }];
  const beforeItsFirstWrite = [{ fromMs: 1000, toMs: 4500 }];
  for (const failing of [never, over, byTheSwitch, beforeItsFirstWrite]) {
    const { verdict, reason } = judge("edge-down", measure(journal({ failing }), rule), today);
    t.is(verdict, "unproven");
    t.regex(reason ?? "", /not out when the switch began/);
  }
});

test("an attempt that goes through is projected like any switch", (t) => {
  const measured = measure(journal({ failing: broken }), rule);
  const { parts } = judge("cloudflare-down", measured, today);
  t.true(parts.some(({ name }) => name === "DNS answer expires"));
});

test("late samples of the judged class are not thinned out by the other classes", (t) => {
  const late = journal({ failing: broken }).map((entry, i) =>
    entry.kind === "sample" && entry.class === "fresh" && i % 7 === 0
      ? { ...entry, sentMs: entry.dueMs + 150 }
      : entry,
  );
  t.is(judge("edge-down", measure(late, rule), today).verdict, "unproven");
});

test("each client class has figures of its own", (t) => {
  const { classes } = measure(journal({ failing: broken }), rule);
  t.is(classes.fresh?.rtoOutageSeconds, 13.01);
  t.is(classes.pooled?.rtoOutageSeconds, 13.01);
});

test("a part without any figure leaves nothing projected", (t) => {
  const part = {
    name: "x",
    promise: "rto",
    measuredSeconds: 1,
    realSeconds: null,
    basis: "assumed",
    source: "",
  } as const;
  t.is(project(10, [part]), null);
});

test("parts are disjoint: what they measured never exceeds the whole", (t) => {
  const measured = measure(journal({ failing: broken }), rule);
  for (const scenario of Object.values(scenarios as Record<string, Scenario>)) {
    const sum = partsOf(scenario, measured).reduce(
      (total, { measuredSeconds }) => total + measuredSeconds,
      0,
    );
    t.true(sum <= (measured.rtoDeclaredSeconds ?? 0));
  }
});

test("an accepted miss is still missed, and fails the drill once it has expired", (t) => {
  const never = measure(journal({ failing: [{ fromMs: 1000, toMs: 20_100 }] }), rule);
  const [row] = acceptedMisses;
  const accepted = judge("cloudflare-down", never, row?.until ?? "");
  t.is(accepted.verdict, "missed");
  t.is(exitCodeOf([accepted]), 0);
  const expired = judge("cloudflare-down", never, "2999-01-01");
  t.is(exitCodeOf([expired]), 1);
});

test("of several verdicts a miss decides the exit code, then a lack of proof", (t) => {
  const kept = judge("edge-down", measure(journal({ failing: broken }), rule), today);
  const unproven = judge("edge-down", measure(journal({ failing: broken, proven: false }), rule), today);
  const missed = judge(
    "edge-down",
    measure(journal({ failing: [{ fromMs: 1000, toMs: 20_100 }] }), rule),
    today,
  );
  t.is(exitCodeOf([kept]), 0);
  t.is(exitCodeOf([kept, unproven]), 3);
  t.is(exitCodeOf([kept, unproven, missed]), 1);
});

test("a journal reads back as it was written, without a last line that was cut", async (t) => {
  const { parseJournal } = await import("../../watch/journal.ts");
  const entries: JournalEntry[] = [...journal().slice(0, 3), ...samples({ fromMs: 0, toMs: 100 })];
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  t.deepEqual(parseJournal(text), entries);
  t.deepEqual(parseJournal(text.slice(0, -5)), entries.slice(0, -1));
});
