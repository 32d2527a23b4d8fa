import { availableParallelism } from "node:os";
import { blocks } from "../../engine/guard.ts";
import type { Finding } from "../../engine/guard-finding.ts";
import { guardState } from "../../engine/guard-state.ts";
import { initStack, stateOf } from "../../engine/pulumi.ts";
import { FailoverError } from "../../infra/errors.ts";
import { syncEndpoints } from "../../recovery/sync.ts";
import type { Figures, TopologyFigures } from "./figures.ts";
import { removedTopologies } from "./live.ts";
import { Pool } from "./pool.ts";
import type { PromiseReport } from "../promises/promises.ts";
import { budgetOf } from "./budget.ts";
import type { Merging, PreviewReport, TopologyPreview, Version } from "./report.ts";
import {
  openSide,
  type Outcome,
  type PreviewPlant,
  previewTopology,
  run,
  type Side,
  withStateCopied,
} from "./side.ts";

/** What is previewed: both versions of the code. */
export interface Versions {
  base: VersionFiles;
  head: VersionFiles;
  /** Whether both are made of the same program and the same stack files. */
  sameProgram: boolean;
}

interface VersionFiles {
  figures: Figures;
  /** Null for a base of before there was a promise linter. */
  promises: PromiseReport | null;
  files: string;
  where: string;
}

interface Options {
  report: (line: string) => void;
  signal: AbortSignal;
}

type OnPlant = Pick<PreviewReport, "normal" | "merging" | "topologies" | "notes">;

/** Deploys the base, merges the head into it, and previews the topologies of both, each on its own state. */
export async function previewOnPlant(
  plant: PreviewPlant,
  versions: Versions,
  { report, signal: stopped }: Options,
): Promise<OnPlant> {
  const { base, head, sameProgram } = versions;
  const failed = new AbortController();
  const signal = AbortSignal.any([stopped, failed.signal]);
  const pool = new Pool(availableParallelism(), signal);
  const shared = { signal, restorePoint: aMinuteAgo() };
  const baseSide = await openSide(plant, { files: base.files, where: base.where, name: "base", ...shared });
  const headSide = await openSide(plant, { files: head.files, where: head.where, name: "head", ...shared });
  await deployBase(baseSide, report);
  const before = await withStateCopied(baseSide);
  const previewBase = sameProgram ? null : previewAll(before, base.figures, pool);
  // Should it fail while something else is waited for: it is asked again below.
  previewBase?.catch(() => {});
  try {
    const { merging, applied } = await merge(headSide, { report, sameProgram });
    const heads = applied ? await previewAll(headSide, head.figures, pool) : new Map<string, Outcome>();
    // With nothing to compare them with, nobody waits for the base's.
    if (!applied) failed.abort();
    const bases = applied ? ((await previewBase) ?? heads) : await stoppedOf(previewBase);
    report(`topologies: ${bases.size} of the base and ${heads.size} of the head previewed`);
    return {
      normal: { base: base.figures.normal, head: head.figures.normal },
      merging,
      topologies: compare(versions, bases, heads),
      notes: applied ? [] : ["The switches after merging were not previewed: merging itself is stopped."],
    };
  } catch (error) {
    failed.abort();
    // Its error, too, is that it was stopped; the plant goes when it has ended.
    await previewBase?.catch(() => {});
    throw error;
  }
}
async function stoppedOf(previews: Promise<unknown> | null): Promise<Map<string, Outcome>> {
  await previews?.catch(() => {});
  return new Map();
}

/** Not in the future, whatever the next second is. */
function aMinuteAgo(): string {
  return `${new Date(Date.now() - 60_000).toISOString().slice(0, 17)}00Z`;
}

async function deployBase(side: Side, report: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  for (const stack of ["primary", "failover"]) await initStack(side.workspace, stack);
  for (const stack of ["primary", "failover"] as const) {
    if (stack === "failover") await syncEndpoints(side.workspace);
    const { findings } = await run(side, { act: "up", stack }, null);
    const [failure] = findings.filter(({ detector }) => detector === "engine" || detector === "stream");
    if (failure) throw notDeployed(failure, side);
  }
  report(`base: both stacks deployed (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}

function notDeployed({ what }: Finding, { where }: Side): FailoverError {
  return new FailoverError("ENGINE_FAILED", {
    problems: [
      "the base could not be deployed into the local cloud, so there is nothing to preview on.",
      what,
    ],
    where,
    fix: "npm run preview -- --base <another commit>",
  });
}

/**
 * As a pipeline would merge: primary, `failover sync`, failover. What the guard stops is not applied. Another program
 * is, though no resource changes: `failover sync` reads what it says of the primary stack.
 */
async function merge(
  side: Side,
  { report, sameProgram }: { report: (line: string) => void; sameProgram: boolean },
): Promise<{ merging: Merging[]; applied: boolean }> {
  const merging: Merging[] = [];
  let applied = true;
  for (const stack of ["primary", "failover"] as const) {
    await syncEndpoints(side.workspace);
    const { plan, findings } = await run(side, { act: "preview", stack }, null);
    merging.push({ stack, plan, findings });
    const changes = plan?.changes.length ?? 0;
    report(`head: stack ${stack} previewed, ${changes} to change`);
    applied &&= !blocks(findings);
    if (!applied || (changes === 0 && (sameProgram || stack === "failover"))) continue;
    const done = await apply(side, stack);
    const known = new Set(findings.map(({ what }) => what));
    findings.push(...done.filter(({ what }) => !known.has(what)));
    applied &&= !blocks(done);
  }
  return { merging, applied };
}

/** What the `up` did, and what it left in the state for the next one. */
async function apply(side: Side, stack: Merging["stack"]): Promise<Finding[]> {
  const { findings } = await run(side, { act: "up", stack }, null);
  return [...findings, ...guardState(await stateOf(side.workspace, stack), stack)];
}

/** All of a version's topologies, several at a time: a preview takes no lock and asks no cloud. */
async function previewAll(
  side: Side,
  { topologies, normal }: Figures,
  pool: Pool,
): Promise<Map<string, Outcome>> {
  const outcomes = topologies.map(async (figures) => {
    const outcome = await pool.run(() => previewTopology(side, figures, normal).catch(asOutcome(figures)));
    return [figures.name, outcome] as const;
  });
  // None is left running when one has failed.
  await Promise.allSettled(outcomes);
  return new Map(await Promise.all(outcomes));
}

/** A program that runs in `normal` and not in one topology is a finding of that topology. */
function asOutcome({ name }: TopologyFigures): (error: unknown) => Outcome {
  return (error) => {
    if (!(error instanceof FailoverError) || error.exitCode === 3) throw error;
    const finding: Finding = {
      severity: "blocks",
      detector: "topology",
      resource: name,
      what: `the switch would be refused: ${error.problems.join(" ")}`,
      why: "it is what a recovery would be told",
      next: `pulumi config set topology ${name} -s failover, then: pulumi preview -s failover    (on a local plant: npm run local)`,
    };
    return { plan: null, findings: [finding] };
  };
}

function compare(
  versions: Versions,
  bases: Map<string, Outcome>,
  heads: Map<string, Outcome>,
): TopologyPreview[] {
  const [base, head] = [versions.base.figures, versions.head.figures];
  const removed = removedTopologies(base, head);
  const names = [...head.topologies.map(({ name }) => name), ...removed.keys()];
  return names.map((name) => {
    return {
      name,
      base: versionOf(versions.base, bases, name),
      head: versionOf(versions.head, heads, name),
      findings: [
        ...(removed.get(name) ?? []),
        ...(heads.get(name)?.findings ?? []).map((finding) => ({
          ...finding,
          what: `${name}: ${finding.what}`,
        })),
      ],
    };
  });
}

function versionOf(
  { figures: { topologies }, promises }: VersionFiles,
  outcomes: Map<string, Outcome>,
  name: string,
): Version | null {
  const figures = topologies.find((topology) => topology.name === name);
  return figures
    ? { figures, budget: budgetOf(promises, name), plan: outcomes.get(name)?.plan ?? null }
    : null;
}
