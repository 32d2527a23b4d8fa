import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { closest } from "fastest-levenshtein";
import { execa } from "execa";
import { withNext } from "../engine/failures.ts";
import { FailoverError } from "../infra/errors.ts";
import type { JournalEntry } from "../watch/journal.ts";
import { type ControlSamples, proveFitness, runControl } from "./control.ts";
import { judgedClassOf } from "./judged.ts";
import { measure } from "./measure.ts";
import { runScenario } from "./run.ts";
import { type ScenarioName, scenarioNames, scenarios } from "./scenarios.ts";
import { type SetUp, setUp } from "./set-up.ts";
import type { Stage, Timing } from "./stage.ts";
import { type Judgement, judge } from "./verdict.ts";
import { interrupted } from "./wait.ts";

export interface DrillOptions {
  /** The repository. */
  project: string;
  /** Scenarios to run; all of them when empty. */
  names: readonly string[];
  timing: Timing;
  /** Today, YYYY-MM-DD: accepted misses expire. */
  today: string;
  signal: AbortSignal;
  listener: DrillListener;
}

/** Told what happens, as it happens. */
export interface DrillListener {
  setUp: (line: string) => void;
  ready: (facts: Facts) => void;
  control: (samples: ControlSamples) => void;
  begin: (name: ScenarioName) => void;
  entry: (entry: JournalEntry) => void;
  end: (judgement: Judgement) => void;
}

/** What ran, so that a reader can tell which code, engine and stand-ins a figure belongs to. */
export interface Facts {
  /** A drill on a local plant is never more than that. */
  kind: "simulation";
  commit: string;
  engine: string;
  /** "official 6.22.1" or "stand-in", by plugin. */
  plugins: Record<string, string>;
  /** Versions of what else ran; the language host is the official one or ours. */
  tools: Record<string, string>;
  /** Parts of the plant that are not the real thing. */
  standIns: readonly string[];
  realTime: boolean;
  /** TTLs that clients saw were divided by this. */
  ttlDivisor: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** Block of loopback addresses that the plant occupied. */
  plant: string;
}

export interface DrillResult {
  facts: Facts;
  judgements: Judgement[];
  /** The scenario that was begun and not judged, and why: the environment, the engine, or somebody. */
  stopped: { scenario: ScenarioName; error: FailoverError } | null;
  /** Folder with the journals. */
  evidence: string;
}

/**
 * Sets up a plant, checks that the machine is fit, plays the scenarios one after another, judges each.
 * @throws FailoverError UNKNOWN_SCENARIO before anything starts, MACHINE_UNFIT after the control run
 */
export async function drill(options: DrillOptions): Promise<DrillResult> {
  const plantFailed = new AbortController();
  const signal = AbortSignal.any([options.signal, plantFailed.signal]);
  const stop = (error: FailoverError): void => plantFailed.abort(error);
  try {
    return await runDrill({ ...options, signal }, stop);
  } catch (error) {
    throw asDrillError(error, signal);
  }
}

async function runDrill(options: DrillOptions, stop: (error: FailoverError) => void): Promise<DrillResult> {
  const { project, timing, signal, listener } = options;
  const names = chooseScenarios(options.names);
  const startedAt = new Date();
  const ready = await setUp({ project, timing, report: listener.setUp, signal, stop });
  try {
    const facts = await factsOf({ project, timing, ready, startedAt });
    listener.ready(facts);
    const evidence = join(project, "reports", startedAt.toISOString().replaceAll(":", "-"));
    await mkdir(evidence, { recursive: true });
    const { plant, workspace, startProbes, startWorkload } = ready;
    const started = { startProbes, startWorkload };
    const stage: Stage = { plant, workspace, ...started, timing, evidence, signal, follow: listener.entry };
    await proveFitness(() => runControl(stage), timing.rule, listener.control);
    const played = await play(names, stage, options);
    return { facts, ...played, evidence };
  } finally {
    await ready.close();
  }
}

/** One scenario after another. What was judged before a failure is kept. */
async function play(
  names: readonly ScenarioName[],
  stage: Stage,
  { listener, today }: DrillOptions,
): Promise<Pick<DrillResult, "judgements" | "stopped">> {
  const judgements: Judgement[] = [];
  for (const scenario of names) {
    listener.begin(scenario);
    try {
      const judgement = judge(
        scenario,
        measure(
          await runScenario(scenario, stage),
          stage.timing.rule,
          judgedClassOf(scenarios[scenario].system),
        ),
        today,
      );
      judgements.push(judgement);
      listener.end(judgement);
    } catch (error) {
      return { judgements, stopped: { scenario, error: stopOf(asDrillError(error, stage.signal)) } };
    }
  }
  return { judgements, stopped: null };
}

/** Why it was stopped, else the failure with the drill's own next command. */
function asDrillError(error: unknown, signal: AbortSignal): unknown {
  if (signal.reason instanceof FailoverError) return signal.reason;
  return signal.aborted ? interrupted() : withNext(error, "npm run drill");
}

/** Whatever it is, what was judged before it is printed first. */
function stopOf(error: unknown): FailoverError {
  if (error instanceof FailoverError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new FailoverError("PLANT_FAILED", { problems: what, fix: "npm run drill", cause: error });
}

function chooseScenarios(names: readonly string[]): ScenarioName[] {
  const unknown = names.filter((name) => !(scenarioNames as string[]).includes(name));
  if (unknown.length > 0) {
    throw new FailoverError("UNKNOWN_SCENARIO", {
      problems: unknown.map(
        (name) => `scenario "${name}" is not known. Did you mean "${closest(name, scenarioNames)}"?`,
      ),
      fix: `npm run drill -- <scenario>, with any of: ${scenarioNames.join(", ")}`,
    });
  }
  // In the order of the plan, each once: the last of them leaves a plant that the others do not begin with.
  return scenarioNames.filter((name) => names.length === 0 || names.includes(name));
}

interface Run {
  project: string;
  timing: Timing;
  ready: SetUp;
  startedAt: Date;
}

async function factsOf({ project, timing, ready, startedAt }: Run): Promise<Facts> {
  const { toolchain, plugins, plant, standIns } = ready.local;
  return {
    kind: "simulation",
    commit: await commitOf(project),
    engine: toolchain.pulumi.version,
    plugins,
    tools: toolsOf(toolchain),
    standIns,
    realTime: timing.ttlDivisor === 1,
    ttlDivisor: timing.ttlDivisor,
    startedAt: startedAt.toISOString(),
    plant: plant.addresses.cidr,
  };
}

function toolsOf({
  languageHost,
  haproxy,
  nsd,
  unbound,
}: SetUp["local"]["toolchain"]): Record<string, string> {
  return {
    "language host": languageHost.origin,
    node: process.versions.node,
    haproxy: haproxy.version,
    nsd: nsd.version,
    unbound: unbound.version,
  };
}

/** The commit that the promises were read from; "+changes" where the files differ from it. */
export async function commitOf(project: string): Promise<string> {
  const git = (args: string[]) => execa("git", args, { cwd: project, reject: false });
  const { stdout, failed } = await git(["rev-parse", "--short", "HEAD"]);
  if (failed) return "none";
  // The ledger grows with each drill and is no part of what is drilled.
  const { stdout: dirty } = await git(["status", "--porcelain", "--", ".", ":!ledger.jsonl"]);
  return dirty === "" ? stdout : `${stdout}+changes`;
}
