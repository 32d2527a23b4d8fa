import test from "ava";
import { partsFor } from "../../../drill/parts.ts";
import { type Scenario, type ScenarioName, scenarioNames, scenarios } from "../../../drill/scenarios.ts";
import { phasesOf } from "../../../evidence/html/phases.ts";
import {
  type Evidence,
  journalNameOf,
  type Moments,
  momentsOf,
  timingOf,
} from "../../../evidence/html/played.ts";
import { boxes } from "../../../evidence/html/topology-map.ts";
import { topologyPicture } from "../../../evidence/html/topology-picture.ts";
import { waysOf } from "../../../evidence/html/topology-ways.ts";
import { barsOf } from "../../../evidence/html/waterfall-rows.ts";
import { axesOf } from "../../../infra/compose.ts";
import { type Axes, normal, topologyNames } from "../../../infra/topologies.ts";
import { dataJournal } from "../../drill/data-journal.ts";
import { evidenceOf, fullRehearsal } from "./rehearsal.ts";

const rehearsal = fullRehearsal();
const [first] = rehearsal.judgements;

test("the bars of a recovery add up to what was measured and to what is projected", (t) => {
  for (const judgement of rehearsal.judgements) {
    const { measured, projected, promised } = judgement;
    const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
    const bars = barsOf(judgement);
    if (bars.length === 0) continue;
    const sum = (key: "measuredSeconds" | "projectedSeconds") =>
      bars.reduce((total, bar) => total + (bar[key] ?? 0), 0);
    t.true(Math.abs(sum("measuredSeconds") - (measured[clock] ?? 0)) < 0.001, judgement.scenario);
    t.true(Math.abs(sum("projectedSeconds") - (projected[clock] ?? 0)) < 0.001, judgement.scenario);
    t.true(bars.length >= partsFor("rto", judgement.parts).length);
  }
  t.true(rehearsal.judgements.filter((judgement) => barsOf(judgement).length > 1).length > 15);
});

test("a part without a figure leaves the sum without one", (t) => {
  const parts = first?.parts.map((part) => ({ ...part, realSeconds: null })) ?? [];
  t.true(first && barsOf({ ...first, parts }).some(({ projectedSeconds }) => projectedSeconds === null));
});

const momentsIn = (evidence: Evidence, name: ScenarioName): Moments => {
  const judgement = evidence.judgements.find(({ scenario }) => scenario === name);
  const journal = evidence.journals.find(({ file }) => file === journalNameOf(name));
  if (!judgement || !journal) throw new Error(`there is no ${name}`);
  return momentsOf({ judgement, journal, timing: timingOf(evidence.facts) });
};

const phaseNamesOf = (name: ScenarioName, evidence = rehearsal): string[] =>
  phasesOf(momentsIn(evidence, name)).map((phase) => phase.name);

test("phases follow each other without a gap, from the fault to the end of the way back", (t) => {
  for (const name of scenarioNames) {
    const moments = momentsIn(rehearsal, name);
    const phases = phasesOf(moments);
    t.is(phases[0]?.fromMs, moments.faultMs, name);
    t.is(phases.at(-1)?.toMs, moments.endMs, name);
    for (const [i, { fromMs }] of phases.slice(1).entries()) t.is(phases[i]?.toMs, fromMs, name);
  }
});

test("a switch that helped has all phases; where nobody acts there is no decision and no switch", (t) => {
  const all = ["detection", "decision", "switch", "recovery", "held", "lift", "failback"];
  t.deepEqual(phaseNamesOf("edge-down"), all);
  t.deepEqual(phaseNamesOf("api-main-down"), ["detection", "held", "lift", "failback"]);
});

test("a refused switch is waited for until the fault is lifted, and nothing is said to have held", (t) => {
  const all = ["detection", "decision", "switch", "recovery", "lift", "failback"];
  t.deepEqual(phaseNamesOf("cloudflare-down"), all);
});

test("a fault that nobody notices is a phase in which service held", (t) => {
  const entries = dataJournal().filter(({ kind }) => kind !== "switch" && kind !== "write");
  const evidence = evidenceOf([{ name: "settings-store-down", entries }]);
  t.deepEqual(phaseNamesOf("settings-store-down", evidence), ["held", "lift", "failback"]);
});

const used = [
  ...topologyNames,
  ...scenarioNames.flatMap((name) => {
    const { topology, tries }: Scenario = scenarios[name];
    return [topology, tries].filter((each) => each != null);
  }),
];

test("in every topology a way leads from clients to an API server, and from there to data", (t) => {
  for (const topology of used) {
    const reached = follow(axesOf(topology));
    t.true(reached.has("apiMain") || reached.has("apiBackup"), topology);
    t.is([...reached].filter((place) => place.startsWith("database")).length, 1, topology);
    t.is([...reached].filter((place) => place.startsWith("storage")).length, 1, topology);
  }
});

test("a topology without the edge has no way through it, and one with a restored database uses nothing else", (t) => {
  t.false(follow(axesOf("api-direct")).has("edge"));
  t.true(follow(axesOf("database-restored")).has("databaseRestored"));
  t.false(follow(axesOf("database-restored")).has("databasePrimary"));
});

test("on a map what differs from the other one is marked, and what is broken is crossed out", (t) => {
  const axes = axesOf("lb-direct");
  const map = topologyPicture({ axes, other: normal, broken: ["edge"], label: "a map" }).text;
  t.is((map.match(/class="cross"/g) ?? []).length, 1);
  t.regex(map, /class="broken idle"><rect x="110" y="112"/);
  t.regex(map, /class="moved" marker-end="url\(#moved\)" d="M80 73/);
  t.regex(map, /class="gone" marker-end="url\(#gone\)" d="M180 92/);
  t.regex(map, /class="wall moved"/);
  const same = topologyPicture({ axes: normal, other: normal, broken: [], label: "a map" }).text;
  t.notRegex(same, /class="(moved|gone|broken)/);
});

/** Everything that clients reach, one way after another. */
function follow(axes: Axes): Set<string> {
  const reached = new Set(["clients"]);
  for (let before = 0; before !== reached.size;) {
    before = reached.size;
    for (const way of waysOf(axes)) {
      const [from = "", to = ""] = way.split(" ");
      if (reached.has(from)) reached.add(to);
    }
  }
  for (const place of reached) if (place !== "data" && !(place in boxes)) throw new Error(place);
  return reached;
}
