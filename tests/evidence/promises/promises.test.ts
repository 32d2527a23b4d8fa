import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import * as fc from "fast-check";
import { scenarios } from "../../../drill/scenarios.ts";
import { conclude } from "../../../evidence/promises/conclusion.ts";
import {
  type Bound,
  committedFigures,
  diagnosisOf,
  type PromiseFigures,
} from "../../../evidence/promises/figures.ts";
import { renderPromises } from "../../../evidence/promises/lines.ts";
import {
  exitCodeOfPromises,
  isBroken,
  lintPromises,
  type Proof,
} from "../../../evidence/promises/promises.ts";
import { FailoverError } from "../../../infra/errors.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const project = join(import.meta.dirname, "../../..");
const today = "2026-12-01";
const committed = await committedFigures(project);

const lint = (figures: Partial<PromiseFigures> = {}) => lintPromises({ ...committed, ...figures }, today);
const withOwnTtl = (seconds: number): Partial<PromiseFigures> => ({
  clientTtlSeconds: { ...committed.clientTtlSeconds, "dns-only": seconds },
});

function proofOf(scenario: string, figures: Partial<PromiseFigures> = {}, promise = "rto"): Proof {
  const found = lint(figures).proofs.find(
    (proof) => proof.scenario === scenario && proof.promise === promise,
  );
  if (!found) throw new Error(`no proof of ${scenario}`);
  return found;
}

/** Parts as they are, with the real figure of one of them replaced. */
function withFigure(name: string, realSeconds: number | null): Partial<PromiseFigures> {
  return {
    partsOf: (scenario) =>
      committed.partsOf(scenario).map((part) => (part.name === name ? { ...part, realSeconds } : part)),
  };
}

test("the committed plan promises nothing that cannot hold and that nobody accepted to miss", (t) => {
  const report = lint();
  t.deepEqual(
    report.proofs.filter((proof) => isBroken(proof)).map(({ scenario }) => scenario),
    [],
  );
  t.is(exitCodeOfPromises(report), 0);
});

test("every scenario of the drill is held against each promise of its system", (t) => {
  const drilled = lint().proofs.filter((proof) => proof.drilled);
  t.deepEqual(
    [...new Set(drilled.map(({ scenario }) => scenario))].toSorted(),
    Object.keys(scenarios).toSorted(),
  );
  t.deepEqual(
    drilled.filter(({ system }) => system === "Database").map(({ promise }) => promise),
    drilled
      .filter(({ system }) => system === "Database")
      .map((_, index) => (index % 2 === 0 ? "rto" : "rpo")),
  );
});

test("lb-direct leaves what the plan promises less the sum of the parts that a drill projects with", (t) => {
  const { totalSeconds, decideWithinSeconds, bounds } = proofOf("edge-down");
  const parts = committed.partsOf(scenarios["edge-down"]);
  t.deepEqual(
    bounds.map(({ name, seconds }) => [name, seconds]),
    parts.map(({ name, realSeconds }) => [name, realSeconds]),
  );
  t.is(totalSeconds, 316);
  t.is(decideWithinSeconds, 600 - 316);
});

test("a TTL of 600 instead of 60 breaks the load balancer's promise while clients are past the edge", (t) => {
  t.is(proofOf("load-balancer-down-during-lb-direct").decideWithinSeconds, 600 - 61);
  const report = lint(withOwnTtl(600));
  t.deepEqual(
    [...new Set(report.proofs.filter((proof) => isBroken(proof)).map(({ scenario }) => scenario))],
    ["load-balancer-down-during-lb-direct", "load-balancer-down-during-lb-backup-direct"],
  );
  t.is(exitCodeOfPromises(report), 1);
  const text = renderPromises(report);
  t.true(text.includes("10 min  DNS answer expires (ours: clientTtlSeconds in infra/topologies.ts"));
  t.true(text.includes("cannot hold: published figures and our own take all of it (NOT ACCEPTED)"));
  t.true(text.includes("\n  Load balancer: RTO in load-balancer-down-during-lb-direct → api-direct\n"));
});

test("a promise whose time is filled to the last second cannot hold, one second less and it can", (t) => {
  // The call of Cloudflare's API is the other second.
  t.is(proofOf("load-balancer-down-during-lb-direct", withOwnTtl(599)).finding, "cannot hold");
  const { finding, decideWithinSeconds } = proofOf("load-balancer-down-during-lb-direct", withOwnTtl(598));
  t.is(finding, "can hold");
  t.is(decideWithinSeconds, 1);
});

test("a restore of hours cannot keep ten minutes, and is accepted until its last day only", (t) => {
  t.like(proofOf("database-corrupted"), {
    finding: "cannot hold",
    why: "published figures and our own take all of it",
    accepted: { until: "2027-06-30" },
  });
  const [late] = lintPromises(committed, "2027-07-01").proofs.filter((proof) => isBroken(proof));
  t.regex(late?.why ?? "", /; it was accepted until 2027-06-30$/);
  t.is(exitCodeOfPromises(lintPromises(committed, "2027-07-01")), 1);
});

test("without its accepted row a promise that cannot hold is an error", (t) => {
  const accepted = committed.accepted.filter(({ scenario }) => scenario !== "cloudflare-down");
  const report = lint({ accepted });
  t.deepEqual(
    report.proofs.filter((proof) => isBroken(proof)).map(({ scenario, why }) => [scenario, why]),
    [["cloudflare-down", "no topology recovers from it: lb-direct is tried, and refused"]],
  );
  t.is(exitCodeOfPromises(report), 1);
});

test("an accepted row for RPO accepts no RTO", (t) => {
  const accepted = committed.accepted.map((row) => ({ ...row, promise: "rpo" as const }));
  t.is(exitCodeOfPromises(lint({ accepted })), 1);
});

test("a part without a figure proves nothing, unless the published ones fill the time without it", (t) => {
  const report = lint(withFigure("security rule", null));
  t.is(report.proofs.find(({ scenario }) => scenario === "edge-down")?.finding, "no figure");
  t.is(exitCodeOfPromises(report), 3);
  t.true(renderPromises(report).includes("             ?  security rule (assumed:"));
  t.is(proofOf("database-corrupted", withFigure("settings write", null)).finding, "cannot hold");
});

test("an assumed figure that fills the time breaks the promise, and is named as one", (t) => {
  const { finding, why } = proofOf("edge-down", withFigure("security rule", 299));
  t.is(finding, "cannot hold");
  t.is(why, "published, our own and assumed figures together take all of it");
});

test("beside what was added to the plan stands what its own words come to", (t) => {
  const text = renderPromises(lint());
  t.true(text.includes("\n  as the plan is written: geo-restore of a backup: 12 h, which cannot hold ("));
  t.true(text.includes("\n  as the plan is written: geo-restore of a backup: 1 h, which cannot hold ("));
  t.like(proofOf("database-server-lost"), { finding: "can hold" });
});

test("where nobody acts, load balancers have to notice in time", (t) => {
  t.like(proofOf("api-main-down"), { finding: "can hold", decideWithinSeconds: null, totalSeconds: 2.3 });
  const apiServerNoticed = { ...committed.apiServerNoticed, seconds: 300 };
  t.is(proofOf("api-main-down", { apiServerNoticed }).finding, "cannot hold");
});

test("hosts that ask the settings store too often keep every switch of the settings from reaching them", (t) => {
  const enough = { readers: { ...committed.readers, hosts: 75 } };
  const tooMany = { readers: { ...committed.readers, hosts: 76 } };
  t.is(proofOf("api-main-poisoned", enough).finding, "can hold");
  const { finding, bounds } = proofOf("api-main-poisoned", tooMany);
  t.is(finding, "cannot hold");
  t.like(bounds.at(-1), { name: "settings store answers again", seconds: 3600, basis: "published" });
  t.regex(bounds.at(-1)?.source ?? "", /^76 hosts ask 30400 times an hour; 30,000 requests an hour/);
  t.is(proofOf("edge-down", tooMany).finding, "can hold");
  t.true(renderPromises(lint(tooMany)).includes("TOO MANY, settings store: 76 hosts"));
});

test("a loss may be as large as the promise, a time may not", (t) => {
  const bounds: Bound[] = [{ name: "replication lag", seconds: 600, basis: "published", source: "" }];
  const scenario = scenarios["database-server-lost"];
  t.is(conclude(scenario, { promise: "rpo", bounds, maximumSeconds: 600 }).finding, "can hold");
  t.is(conclude(scenario, { promise: "rto", bounds, maximumSeconds: 600 }).finding, "cannot hold");
});

test("every block tells how fast somebody has to decide, and that the plan's diagnosis is slower", (t) => {
  const blocks = renderPromises(lint()).split("\n\n");
  const of = (scenario: string) => blocks.find((block) => block.includes(` · ${scenario} → `)) ?? "";
  t.true(
    of("edge-down").endsWith("first failed request: less than the plan's 5–30 min for a diagnosis"),
    of("edge-down"),
  );
  t.true(of("load-balancer-down").endsWith("not all of the plan's 5–30 min for a diagnosis"));
  for (const block of blocks.slice(0, -2)) t.regex(block, /\n {2}(can hold|cannot hold|no figure|leaves)/);
});

test("the plan's minutes for a diagnosis are read from its own words, or missed", (t) => {
  t.deepEqual(diagnosisOf("Time to diagnose: 5-30 min"), { minimumMinutes: 5, maximumMinutes: 30 });
  const error = t.throws(() => diagnosisOf("soon"), { instanceOf: FailoverError });
  t.is(error?.code, "INVALID_CONFIG");
});

test("a folder without stack files is told which one is missing", async (t) => {
  const folder = temporaryFolder();
  const error = await t.throwsAsync(committedFigures(folder), { instanceOf: FailoverError });
  t.is(
    error?.message,
    "INVALID_CONFIG\n  Pulumi.primary.yaml cannot be read: ENOENT.\n  In: Pulumi.primary.yaml\n  Next: git diff Pulumi.primary.yaml",
  );
});

test("pools that no program would accept count as none", async (t) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "Pulumi.primary.yaml"), "config:\n  failover-stacks:workers: many\n");
  writeFileSync(join(folder, "Pulumi.failover.yaml"), "config: {}\n");
  t.is((await committedFigures(folder)).readers.hosts, 4);
});

const bound = fc.record({
  name: fc.constant("part"),
  seconds: fc.option(fc.nat(2000), { freq: 8 }),
  basis: fc.constantFrom("published", "ours", "assumed"),
  source: fc.constant(""),
});

test("no further part makes a promise hold that could not", (t) => {
  const scenario = scenarios["edge-down"];
  const rank = { "can hold": 0, "no figure": 1, "cannot hold": 2 };
  fc.assert(
    fc.property(
      fc.array(bound, { minLength: 1 }),
      bound,
      fc.integer({ min: 1, max: 1800 }),
      (bounds, more, maximumSeconds) => {
        const of = (all: readonly Bound[]) =>
          conclude(scenario, { promise: "rto", bounds: all, maximumSeconds });
        const [before, after] = [of(bounds), of([...bounds, more])];
        // What is not known can only hide that assumed figures fill the time.
        if (more.seconds !== null) t.true(rank[after.finding] >= rank[before.finding]);
        if (after.finding === "can hold")
          t.is((after.decideWithinSeconds ?? 0) + (after.totalSeconds ?? 0), maximumSeconds);
      },
    ),
  );
});
