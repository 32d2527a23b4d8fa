import { allowedFailbackSeconds } from "../drill/failback-verdict.ts";
import { faults, type FaultName } from "../drill/faults/index.ts";
import { judgedClassOf } from "../drill/judged.ts";
import type { Measurement } from "../drill/measure.ts";
import type { Judgement } from "../drill/verdict.ts";
import { type Scenario, type ScenarioName, scenarios } from "../drill/scenarios.ts";
import { type System, systems } from "../infra/systems.ts";
import {
  clientClasses,
  type JournalEntry,
  type Mark,
  type Sample,
  type SampleClass,
} from "../watch/journal.ts";
import { formatDuration } from "./duration.ts";
import { discardedLines, dataLines } from "./data-lines.ts";

/** "edge-down → lb-direct", or the scenario's name alone where nothing is switched. */
export function titleOf(name: ScenarioName): string {
  const { topology }: Scenario = scenarios[name];
  return topology ? `${name} → ${topology}` : name;
}

/** First line of a scenario: what is broken and what was promised. */
export function headingOf(name: ScenarioName): string {
  const { system } = scenarios[name];
  const { rto, rpo }: System = systems[system];
  const promises = Object.entries({ RTO: rto, RPO: rpo }).flatMap(([what, promised]) =>
    promised ? [`${what} ${promised.minimumMinutes}–${promised.maximumMinutes} min`] : [],
  );
  return `${titleOf(name).padEnd(54)} ${system}, ${promises.join(", ") || "no RTO"}`;
}

/** Tells one scenario's journal as it happens, a line per event, counted from the fault. */
export class Narrator {
  readonly #judged: SampleClass;
  #faultMs: number | undefined;
  #overBound = false;

  constructor(name: ScenarioName) {
    this.#judged = judgedClassOf(scenarios[name].system);
  }

  /** @returns the line for this entry, or undefined where there is nothing to tell */
  tell(entry: JournalEntry): string | undefined {
    if (entry.kind === "sample" || entry.kind === "attempt") return undefined;
    if (entry.kind === "backlog" && !this.#crosses(entry)) return undefined;
    if (entry.kind === "fault") this.#faultMs ??= entry.atMs;
    const told = describe(entry);
    if (!told) return undefined;
    const [word, text, atMs = entry.atMs] = told;
    return `${this.#since(atMs)}  ${word.padEnd(9)} ${text}`;
  }

  /** What a terminal shows between two events: how the judged clients fare right now. */
  waiting({ doneMs, good, failure, via, server, ...sample }: Sample): string | undefined {
    if (sample.class !== this.#judged) return undefined;
    const path = [...(via ?? []), ...(server === undefined ? [] : [server])];
    const served = path.length > 0 ? `served: ${path.join(" → ")}` : `${sample.class} succeed`;
    return `${this.#since(doneMs)}  …         ${good ? served : `failing: ${failure}`}`;
  }

  /** Counts come four times a second; told is when they pass the bound. */
  #crosses({ count, bound }: { count: number; bound: number }): boolean {
    const over = count > bound;
    if (over === this.#overBound) return false;
    this.#overBound = over;
    return true;
  }

  #since(atMs: number): string {
    return `${(Math.max(0, atMs - (this.#faultMs ?? atMs)) / 1000).toFixed(1).padStart(6)} s`;
  }
}

type Told = [word: string, text: string, atMs?: number];

/** What is told of each kind of mark; a kind without an entry is not worth a line. */
const tellers: { [K in Mark["kind"]]?: (mark: Extract<Mark, { kind: K }>) => Told } = {
  degraded: ({ topology, faults: earlier }) => [
    "degraded",
    `${topology} serves; ${earlier.map((fault) => faults[fault as FaultName].what).join(", ")}`,
  ],
  fault: ({ fault }) => ["fault", faults[fault as FaultName].what],
  proof: ({ proven, evidence }) => [proven ? "proof" : "no proof", evidence],
  seen: ({ by }) => ["seen", `by ${by}`],
  refilled: ({ name, ttlSeconds }) => [
    "cache",
    `just filled again with the old answer for ${name}, good for ${ttlSeconds} s: the worst case`,
  ],
  "expected-loss": ({ what, text }) => ["loss", `${what}, expected: ${text}`],
  "restore-point": ({ at, corruptedAt }) => ["restore", `to ${at}; corrupted at ${corruptedAt}`],
  backlog: ({ count, bound }) => ["backlog", `${count} jobs wait; the bound is ${bound}`],
  switch: ({ topology }) => ["switch", `pulumi up: ${topology}`],
  write: ({ request }) => ["write", shorten(request)],
  served: ({ path, sinceMs }) => ["served", `${path}, sustained`, sinceMs],
  refused: ({ reason }) => ["refused", reason],
  lift: ({ fault }) => ["lift", fault],
  "back-begin": ({ topology }) => [
    "failback",
    topology ? `to ${topology}` : "nothing was switched; watched on",
  ],
  "back-act": ({ topology }) => ["switch", `pulumi up: ${topology}`],
  drained: () => ["drained", "everything that was accepted came to its end"],
};

/** Ids are no help to a reader, and of a path in Resource Manager only the end is: a resource, and what it is to do. */
function shorten(request: string): string {
  return request
    .replaceAll(/[0-9a-f]{32}/g, "…")
    .replace(/ \/subscriptions\/.*\/providers\/[^/]+\/(.+)$/, (_, resource: string) => {
      const parts = resource.split("/");
      return ` …/${parts.slice(parts.length % 2 === 0 ? -2 : -3).join("/")}`;
    });
}

function describe(mark: Mark): Told | undefined {
  const tell = tellers[mark.kind] as ((mark: Mark) => Told) | undefined;
  return tell?.(mark);
}

const indent = "          ";

/** Last lines of a scenario. */
export function closingOf({ measured, verdict, reason, condition, failbackVerdict }: Judgement): string {
  const back = describeFailback(measured, failbackVerdict);
  const lines = [
    `${verdict}${suffix(reason, condition)}; ${back}`,
    ...dataLines(measured),
    ...discardedLines(measured),
    othersOf(measured),
  ];
  return lines
    .filter((line) => line !== "")
    .map((line) => `${indent}${line}`)
    .join("\n");
}

function describeFailback(measured: Measurement, verdict: Judgement["failbackVerdict"]): string {
  const { failback } = measured;
  if (!failback) return "no failback";
  const allowed = allowedFailbackSeconds(measured);
  const lost =
    failback.outageSeconds > 0
      ? `${formatDuration(failback.outageSeconds)} of failed samples (${allowed} s allowed)`
      : "no sample failed";
  const held = failback.held ? "" : ", and not good throughout in its last second";
  return `failback ${verdict}: ${lost} in ${formatDuration(failback.seconds)}${held}`;
}

/** Beside the judged class: other clients, and what clients leave behind. */
function othersOf({ classes, judged }: Measurement): string {
  const others = Object.entries(classes).filter(([name]) => name !== judged);
  const told = others.map(([name, { rtoOutageSeconds, failed }]) => {
    const who = name in clientClasses ? `${name} clients` : name;
    if (failed === 0) return `${who} noticed nothing`;
    return rtoOutageSeconds === null
      ? `${who} did not come back by themselves`
      : `${who} were out for ${formatDuration(rtoOutageSeconds)}`;
  });
  return told.join("; ");
}

function suffix(reason: string | null, condition: string | null): string {
  if (reason) return ` (${reason})`;
  return condition ? ` if ${condition}` : "";
}
