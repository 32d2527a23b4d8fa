import { faults, type FaultName } from "../drill/faults/index.ts";
import type { Measurement } from "../drill/measure.ts";
import type { Judgement } from "../drill/verdict.ts";
import { type Scenario, type ScenarioName, scenarios } from "../drill/scenarios.ts";
import { type System, systems } from "../infra/systems.ts";
import type { JournalEntry, Mark, Sample } from "../watch/journal.ts";
import { formatDuration } from "./duration.ts";

/** "edge-down → lb-direct", or the scenario's name alone where nothing is switched. */
export function titleOf(name: ScenarioName): string {
  const { topology }: Scenario = scenarios[name];
  return topology ? `${name} → ${topology}` : name;
}

/** First line of a scenario: what is broken and what was promised. */
export function headingOf(name: ScenarioName): string {
  const { system } = scenarios[name];
  const { rto }: System = systems[system];
  const promise = rto ? `RTO ${rto.minimumMinutes}–${rto.maximumMinutes} min` : "no RTO";
  return `${titleOf(name).padEnd(54)} ${system}, ${promise}`;
}

/** Tells one scenario's journal as it happens, a line per event, counted from the fault. */
export class Narrator {
  #faultMs: number | undefined;

  /** @returns the line for this entry, or undefined where there is nothing to tell */
  tell(entry: JournalEntry): string | undefined {
    if (entry.kind === "sample") return undefined;
    if (entry.kind === "fault") this.#faultMs ??= entry.atMs;
    const told = describe(entry);
    if (!told) return undefined;
    const [word, text, atMs = entry.atMs] = told;
    return `${this.#since(atMs)}  ${word.padEnd(9)} ${text}`;
  }

  /** What a terminal shows between two events: how the judged clients fare right now. */
  waiting({ doneMs, good, failure, via, server, ...sample }: Sample): string | undefined {
    if (sample.class !== "fresh") return undefined;
    const now = good ? `served: ${[...(via ?? []), server].join(" → ")}` : `failing: ${failure}`;
    return `${this.#since(doneMs)}  …         ${now}`;
  }

  #since(atMs: number): string {
    return `${(Math.max(0, atMs - (this.#faultMs ?? atMs)) / 1000).toFixed(1).padStart(6)} s`;
  }
}

type Told = [word: string, text: string, atMs?: number];

/** What is told of each kind of mark; a kind without an entry is not worth a line. */
const tellers: { [K in Mark["kind"]]?: (mark: Extract<Mark, { kind: K }>) => Told } = {
  fault: ({ fault }) => ["fault", faults[fault as FaultName].what],
  proof: ({ proven, evidence }) => [proven ? "proof" : "no proof", evidence],
  seen: ({ by }) => ["seen", `by ${by}`],
  refilled: ({ name, ttlSeconds }) => [
    "cache",
    `just filled again with the old answer for ${name}, good for ${ttlSeconds} s: the worst case`,
  ],
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
};

/** Ids are no help to a reader, and of a path in Resource Manager only the end is. */
function shorten(request: string): string {
  return request.replaceAll(/[0-9a-f]{32}/g, "…").replace(/ \/subscriptions\/.*\/(\w+\/[\w.-]+)$/, " …/$1");
}

function describe(mark: Mark): Told | undefined {
  const tell = tellers[mark.kind] as ((mark: Mark) => Told) | undefined;
  return tell?.(mark);
}

/** Last line of a scenario. */
export function closingOf({ measured, verdict, reason, condition, failbackVerdict }: Judgement): string {
  const { failback } = measured;
  const lost =
    failback && failback.outageSeconds > 0
      ? `${formatDuration(failback.outageSeconds)} of failed samples`
      : "no sample failed";
  const back = failback
    ? `failback ${failbackVerdict}: ${lost} in ${formatDuration(failback.seconds)}`
    : "no failback";
  return `          ${verdict}${suffix(reason, condition)}; ${back}\n          ${othersOf(measured)}`;
}

/** Beside the judged class: clients that keep connections, and those that never look again. */
function othersOf({ classes }: Measurement): string {
  const { fresh: _judged, ...others } = classes;
  const told = Object.entries(others).map(([name, { rtoOutageSeconds, failed }]) => {
    if (failed === 0) return `${name} clients noticed nothing`;
    return rtoOutageSeconds === null
      ? `${name} clients did not come back by themselves`
      : `${name} clients were out for ${formatDuration(rtoOutageSeconds)}`;
  });
  return told.join("; ");
}

function suffix(reason: string | null, condition: string | null): string {
  if (reason) return ` (${reason})`;
  return condition ? ` if ${condition}` : "";
}
