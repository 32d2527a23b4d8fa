import { closest, distance } from "fastest-levenshtein";
import { type ErrorCode, FailoverError } from "./errors.ts";
import { type Axes, degraded, type DegradedName, normal, notYet, topologyNames } from "./topologies.ts";

export interface TopologyRefusal {
  code: Extract<ErrorCode, "UNKNOWN_TOPOLOGY" | "CONFLICTING_TOPOLOGIES" | "NOT_YET_SERVED">;
  problem: string;
  fix: string;
}

/** "lb-direct" or "lb-direct+storage-secondary" to the axes it stands for, or the reason it is refused. */
export function composeTopology(text: string): Axes | TopologyRefusal {
  const names = text.split("+").map((name) => name.trim());
  for (const name of names) {
    const refusal = refuseName(name, names);
    if (refusal) return refusal;
  }
  if (names.length > 1 && names.includes("normal")) {
    const others = names.filter((name) => name !== "normal");
    return conflict(`${text}: normal is the whole plant and cannot be combined.`, others[0] ?? "normal");
  }
  return merge(text, names.filter((name) => name !== "normal") as DegradedName[]);
}

/** As {@link composeTopology}, for callers that have no other problems to report. */
export function axesOf(text: string): Axes {
  const result = composeTopology(text);
  if (isRefusal(result)) {
    throw new FailoverError(result.code, {
      problems: result.problem,
      where: "the topology asked for",
      fix: result.fix,
    });
  }
  return result;
}

export function isRefusal(result: Axes | TopologyRefusal): result is TopologyRefusal {
  return "code" in result;
}

function merge(text: string, names: DegradedName[]): Axes | TopologyRefusal {
  const axes: Axes = { ...normal };
  const setBy = new Map<string, { name: DegradedName; value: string }>();
  for (const name of names) {
    const { recovers: _recovers, because: _because, ...changes } = degraded[name];
    for (const [axis, value] of Object.entries(changes)) {
      const earlier = setBy.get(axis);
      if (earlier && (earlier.value !== value || earlier.name === name)) {
        return conflict(describeConflict({ text, axis, earlier, later: { name, value } }), earlier.name);
      }
      setBy.set(axis, { name, value });
    }
    Object.assign(axes, changes);
  }
  return axes;
}

interface Setting {
  name: string;
  value: string;
}

function describeConflict(found: { text: string; axis: string; earlier: Setting; later: Setting }): string {
  const { text, axis, earlier, later } = found;
  if (earlier.name === later.name) return `${text}: ${later.name} is named twice.`;
  return `${text}: ${earlier.name} sets ${axis} to ${earlier.value}, ${later.name} sets it to ${later.value}.`;
}

function conflict(problem: string, choice: string): TopologyRefusal {
  return {
    code: "CONFLICTING_TOPOLOGIES",
    problem,
    fix: `choose one: ${switchTo(choice)}`,
  };
}

/** @param names all that are asked for: what is right of them stays in the next command */
function refuseName(name: string, names: readonly string[]): TopologyRefusal | undefined {
  if ((topologyNames as string[]).includes(name)) return undefined;
  const known = `Known: ${topologyNames.join(", ")}.`;
  const part = notYet[name];
  if (part) {
    const problem = `topology ${name} is part of the plan but not of this version; it comes with ${part}.`;
    return { code: "NOT_YET_SERVED", problem: `${problem} ${known}`, fix: choose };
  }
  const guess = guessOf(name, topologyNames);
  const meant = names.map((each) => (each === name ? guess : each)).join("+");
  return {
    code: "UNKNOWN_TOPOLOGY",
    problem: `topology "${name}" is not known.${didYouMean(name, topologyNames)} ${known}`,
    fix: guess ? switchTo(meant) : choose,
  };
}

/** No proposal: what is live may be the very thing that keeps clients served. */
const choose = `${switchTo("<one of those>")}    (docs/runbook.md says which)`;

/** What an engineer types, whole: the first command alone changes nothing. */
function switchTo(topology: string): string {
  return `pulumi config set topology ${topology} -s failover && pulumi up -s failover`;
}

/** The known word that is close enough to be meant. */
function guessOf(word: string, known: readonly string[]): string | undefined {
  const guess = closest(word, known);
  return guess && distance(word, guess) <= Math.max(2, word.length / 3) ? guess : undefined;
}

/** ` Did you mean "x"?` when one of the known words may be meant, else nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const guess = guessOf(word, known);
  return guess ? ` Did you mean "${guess}"?` : "";
}
