import type { Finding } from "../../engine/guard-finding.ts";
import { formatDuration } from "../duration.ts";
import { count } from "../markdown.ts";
import { isBroken, type Proof, type PromiseReport } from "../promises/promises.ts";
import type { BrokenSwitch } from "./report.ts";

/** What a change does to the promises, and those that could not hold before it. */
interface PromiseChanges {
  findings: Finding[];
  /** Where one cannot hold. */
  broken: BrokenSwitch[];
  notes: string[];
}

interface Change {
  before: Proof | undefined;
  after: Proof;
}

const next = {
  broken:
    "take the figure back, change the plan (infra/systems.ts), or accept the miss with a reason and a last day (drill/accepted.ts)",
  accepted: "be sure that whoever answers for the promise agrees (drill/accepted.ts)",
  figure: "give the part a figure, or leave the rule that had one (drill/part-rules.ts)",
  promise: "be sure that whoever was promised it knows (infra/systems.ts)",
  scenario: "be sure that another one proves the same (drill/scenarios.ts)",
};

/**
 * Compares what the promise linter of each version says. A promise that could not hold before is not the change's
 * doing, unless it gets worse.
 * @param base null for a version without a linter
 */
export function promiseChanges(base: PromiseReport | null, head: PromiseReport | null): PromiseChanges {
  if (!head) return { findings: [withoutLinter], broken: [], notes: [] };
  if (!base) return withoutBase(head);
  const changes = head.proofs.map((after) => ({ before: beforeOf(after, base), after }));
  const broken = changes.filter(({ after }) => isBroken(after));
  const standing = broken.filter((change) => stoodBefore(change)).length;
  return {
    findings: [
      ...groupsOf(broken.filter((change) => !stoodBefore(change))).map(brokenFinding),
      ...changes.flatMap(acceptedFinding),
      ...changes.flatMap(figureFinding),
      ...planFindings(base, head),
      ...scenarioFindings(base, head),
    ],
    broken: broken.map(({ after }) => switchOf(after)),
    notes:
      standing === 0
        ? []
        : [
            `${count(standing, "promise")} could not hold before the change either: npm run failover -- promises`,
          ],
  };
}

const withoutLinter: Finding = {
  severity: "blocks",
  detector: "promise",
  resource: "cli/promises.ts",
  what: "the promise linter would be gone",
  why: "nothing would say any more which promises cannot hold",
  next: "leave `npm run failover -- promises` where it is (cli/promises.ts)",
};

function withoutBase({ proofs }: PromiseReport): PromiseChanges {
  const broken = proofs.filter((proof) => isBroken(proof)).map((after) => ({ before: undefined, after }));
  return {
    findings: groupsOf(broken).map(brokenFinding),
    broken: broken.map(({ after }) => switchOf(after)),
    notes: ["The base has no promise linter: promises are compared with none."],
  };
}

/** A drilled scenario is the same one though another topology recovers from it. */
function beforeOf(
  { scenario, topology, promise, drilled }: Proof,
  { proofs }: PromiseReport,
): Proof | undefined {
  const own = proofs.filter((other) => other.scenario === scenario && other.promise === promise);
  return own.find((other) => other.topology === topology) ?? (drilled ? own[0] : undefined);
}

function stoodBefore({ before, after }: Change): boolean {
  return before !== undefined && isBroken(before) && (after.totalSeconds ?? 0) <= (before.totalSeconds ?? 0);
}

/** One TTL is in many promises: those that fail by the same sum are one finding. */
function groupsOf(changes: readonly Change[]): Change[][] {
  const groups = Map.groupBy(changes, ({ before, after: { system, promise, bounds, why } }) =>
    JSON.stringify([system, promise, bounds, why, before?.totalSeconds]),
  );
  return [...groups.values()];
}

function brokenFinding(group: readonly Change[]): Finding {
  const [{ before, after }] = group as [Change];
  const { totalSeconds, bounds, why } = after;
  const earlier = before?.totalSeconds ?? null;
  const was = earlier === null || earlier === totalSeconds ? "" : `, ${formatDuration(earlier)} before`;
  const takes = totalSeconds === null ? "" : `: it takes ${formatDuration(totalSeconds)} by itself${was}`;
  const [, ...others] = group.map((change) => titleOf(change.after));
  const more = others.length > 0 ? ` and in ${count(others.length, "more case")}` : "";
  const parts = bounds
    .map(({ name, seconds }) => `${name} ${seconds === null ? "without a figure" : formatDuration(seconds)}`)
    .join(", ");
  return {
    ...about(after),
    severity: before && isBroken(before) ? "warns" : "blocks",
    what: `${promiseOf(after)} cannot hold in ${titleOf(after)}${more}${takes}`,
    why: [
      parts === "" ? `${why}` : `${why}: ${parts}`,
      ...(others.length > 0 ? [`the others are ${others.join(", ")}`] : []),
    ].join("; "),
    next: next.broken,
  };
}

function acceptedFinding({ before, after }: Change): Finding[] {
  const { accepted } = after;
  if (!accepted || accepted.until === before?.accepted?.until) return [];
  const was = before?.accepted ? `, ${before.accepted.until} before` : "";
  return [
    {
      ...about(after),
      what: `${promiseOf(after)} cannot hold in ${titleOf(after)}, which is accepted until ${accepted.until}${was}`,
      why: accepted.reason,
      next: next.accepted,
    },
  ];
}

/** Where a figure was, its absence is no improvement. */
function figureFinding({ before, after }: Change): Finding[] {
  if (after.finding !== "no figure" || !before || before.finding === "no figure") return [];
  return [
    {
      ...about(after),
      what: `${promiseOf(after)} in ${titleOf(after)} has no figure any more, ${after.why}`,
      why: "the promise cannot be held against it",
      next: next.figure,
    },
  ];
}

/** The plan itself is part of what a change may change. */
function planFindings(base: PromiseReport, head: PromiseReport): Finding[] {
  const maximumsOf = ({ proofs }: PromiseReport): Map<string, Proof> =>
    new Map(proofs.map((proof) => [`${proof.system} ${proof.promise}`, proof]));
  const [before, after] = [maximumsOf(base), maximumsOf(head)];
  const all = new Map([...before, ...after]);
  return [...all].flatMap(([key, proof]) => {
    const [was, is] = [before.get(key), after.get(key)];
    if (was === undefined || was.maximumSeconds === is?.maximumSeconds) return [];
    const promised = `${was.system}: ${was.promise.toUpperCase()}`;
    return [
      {
        ...about(proof),
        what: is
          ? `${promiseOf(is)} is what the plan would promise, ≤ ${formatDuration(was.maximumSeconds)} before`
          : `${promised} would be promised no more, ≤ ${formatDuration(was.maximumSeconds)} before`,
        why: "a promise to customers is another one",
        next: next.promise,
      },
    ];
  });
}

function scenarioFindings(base: PromiseReport, head: PromiseReport): Finding[] {
  const drilledIn = ({ proofs }: PromiseReport): Map<string, Proof> =>
    new Map(proofs.filter(({ drilled }) => drilled).map((proof) => [proof.scenario, proof]));
  const after = drilledIn(head);
  return [...drilledIn(base)]
    .filter(([name]) => !after.has(name))
    .map(([name, proof]) => ({
      ...about(proof),
      what: `scenario ${name} would not be drilled any more`,
      why: `nothing would prove by it that ${proof.system} recovers`,
      next: next.scenario,
    }));
}

function about({ system }: Proof): Pick<Finding, "severity" | "detector" | "resource"> {
  return { severity: "warns", detector: "promise", resource: system };
}

function promiseOf({ system, promise, maximumSeconds }: Proof): string {
  return `${system}: ${promise.toUpperCase()} ≤ ${formatDuration(maximumSeconds)}`;
}

function titleOf({ scenario, topology, drilled }: Proof): string {
  const title = topology ? `${scenario} → ${topology}` : scenario;
  return drilled ? title : `${title} (not drilled)`;
}

function switchOf({ from, topology }: Proof): BrokenSwitch {
  return { from, to: topology };
}
