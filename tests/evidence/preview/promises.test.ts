import { join } from "node:path";
import test from "ava";
import { budgetOf } from "../../../evidence/preview/budget.ts";
import { promiseChanges } from "../../../evidence/preview/promises.ts";
import { committedFigures, type PromiseFigures } from "../../../evidence/promises/figures.ts";
import { lintPromises } from "../../../evidence/promises/promises.ts";

const today = "2026-12-01";
const figures = await committedFigures(join(import.meta.dirname, "../../.."));

type Changed = Partial<PromiseFigures>;

function withTtl(seconds: number): Changed {
  return { clientTtlSeconds: { ...figures.clientTtlSeconds, "dns-only": seconds } };
}

function withRto(maximumMinutes: number): Changed {
  const system = figures.systems["Load balancer"];
  if (!system?.rto) throw new Error("the plan promises it no more");
  const changed = { ...system, rto: { ...system.rto, maximumMinutes } };
  return { systems: { ...figures.systems, "Load balancer": changed } };
}

const { rpo: _rpo, ...databaseWithoutRpo } = figures.systems["Database"] ?? {};
const withoutRpo = {
  systems: { ...figures.systems, Database: databaseWithoutRpo },
} as unknown as Changed;

const scaledForEdge = {
  ...figures.scenarios,
  "edge-down": { ...figures.scenarios["edge-down"], topology: "workers-scaled" },
} as PromiseFigures["scenarios"];

const withoutFigure: Changed = {
  partsOf: (scenario) =>
    figures
      .partsOf(scenario)
      .map((part) => (part.name === "scale-out" ? { ...part, realSeconds: null } : part)),
};

function withAcceptedUntil(until: string): Changed {
  return { accepted: figures.accepted.map((row) => ({ ...row, until })) };
}

const { "edge-down": _, ...others } = figures.scenarios;

const changes: Record<string, { base: Changed; head: Changed; found: (string | RegExp)[]; notes?: RegExp }> =
  {
    "stays as it was": { base: {}, head: {}, found: [] },
    "has less room, and some": { base: {}, head: withTtl(500), found: [] },
    "has none left": {
      base: {},
      head: withTtl(600),
      found: [
        /^blocks Load balancer: RTO ≤ 10 min cannot hold in load-balancer-down-during-lb-direct → lb-backup-direct \(not drilled\) and in 3 more cases: it takes 10 min 1 s by itself, 1 min 1 s before$/,
      ],
    },
    "had none before": {
      base: withTtl(700),
      head: withTtl(700),
      found: [],
      notes: /^4 promises could not hold before/,
    },
    "had none before, and takes longer": {
      base: withTtl(700),
      head: withTtl(701),
      found: [/^warns Load balancer: .* by itself, 11 min 41 s before$/],
    },
    "had none before, and takes less": {
      base: withTtl(700),
      head: withTtl(650),
      found: [],
      notes: /^4 promises could not/,
    },
    "is another one": {
      base: {},
      head: withRto(20),
      found: ["warns Load balancer: RTO ≤ 20 min is what the plan would promise, ≤ 10 min before"],
    },
    "is taken out of the plan": {
      base: {},
      head: withoutRpo,
      found: ["warns Database: RPO would be promised no more, ≤ 10 min before"],
    },
    "is kept by another topology, which has no figure": {
      base: {},
      head: { ...withoutFigure, scenarios: scaledForEdge },
      found: [
        /^warns DNS & CloudFlare: .* edge-down → workers-scaled has no figure/,
        /^warns Workers/,
        /^warns Workers/,
      ],
    },
    "becomes one that cannot hold": {
      base: {},
      head: withRto(1),
      found: [
        /^blocks .*by itself$/,
        /^blocks .*cannot hold/,
        /^blocks .*cannot hold/,
        /^warns .*the plan would/,
      ],
    },
    "has no figure any more": {
      base: {},
      head: withoutFigure,
      found: [/^warns Workers: RTO .* in workers-lost .*for scale-out$/, /^warns Workers: RTO .* backlog/],
    },
    "is accepted as missed for longer": {
      base: {},
      head: withAcceptedUntil("2028-01-01"),
      found: Array.from({ length: 3 }, () => /^warns .* is accepted until 2028-01-01, 2027-06-30 before$/),
    },
    "is accepted as missed no longer": {
      base: {},
      head: { accepted: [] },
      found: [/^blocks .* cannot hold in cloudflare-down and in 1 more case$/, /^blocks Database: /],
    },
    "is drilled by one scenario less": {
      base: {},
      head: { scenarios: others },
      found: ["warns scenario edge-down would not be drilled any more"],
    },
  };

for (const [what, { base, head, found, notes }] of Object.entries(changes)) {
  test(`a promise that ${what}: ${found.length} findings`, (t) => {
    const lint = (changed: Changed) => lintPromises({ ...figures, ...changed }, today);
    const told = promiseChanges(lint(base), lint(head));
    const lines = told.findings.map((finding) => `${finding.severity} ${finding.what}`);
    t.is(lines.length, found.length, lines.join("\n"));
    for (const [index, line] of found.entries()) {
      if (typeof line === "string") t.is(lines[index], line);
      else t.regex(lines[index] ?? "", line);
    }
    t.regex(told.notes.join("\n"), notes ?? /^$/);
  });
}

test("promises of a base without a linter are compared with none", (t) => {
  const { findings, notes } = promiseChanges(null, lintPromises({ ...figures, ...withTtl(600) }, today));
  t.is(findings.length, 1);
  t.notRegex(findings[0]?.what ?? "", /before/);
  t.regex(notes.join("\n"), /^The base has no promise linter/);
});

test("a change that takes the linter away blocks", (t) => {
  const { findings } = promiseChanges(lintPromises(figures, today), null);
  t.deepEqual(
    findings.map(({ severity, what }) => [severity, what]),
    [["blocks", "the promise linter would be gone"]],
  );
});

test("a topology's budget is that of the scenario which takes most, from normal", (t) => {
  const report = lintPromises(figures, today);
  t.like(budgetOf(report, "database-secondary"), {
    scenario: "database-server-lost",
    totalSeconds: 150,
    maximumSeconds: 600,
  });
  t.is(budgetOf(report, "bypass-open"), null);
  t.is(budgetOf(null, "lb-direct"), null);
});
