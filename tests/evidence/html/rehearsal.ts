import { createHash } from "node:crypto";
import type { Facts } from "../../../drill/drill.ts";
import { faults } from "../../../drill/faults/index.ts";
import { judgedClassOf, sampleClasses } from "../../../drill/judged.ts";
import { measure } from "../../../drill/measure.ts";
import { type Scenario, type ScenarioName, scenarioNames, scenarios } from "../../../drill/scenarios.ts";
import { judge } from "../../../drill/verdict.ts";
import type { Evidence, JournalFile } from "../../../evidence/html/played.ts";
import { axesOf } from "../../../infra/compose.ts";
import { type Axes, normal } from "../../../infra/topologies.ts";
import type { JournalEntry, Mark } from "../../../watch/journal.ts";
import { dataJournal } from "../../drill/data-journal.ts";
import { rule, samples, type Stretch } from "../../drill/samples.ts";

export const facts: Facts = {
  kind: "simulation",
  commit: "0123abc",
  engine: "3.274.1",
  plugins: { cloudflare: "stand-in", "azure-native": "official 3.28.0", command: "stand-in" },
  tools: { "language host": "ours", node: "24.21.0", haproxy: "2.6.12", nsd: "4.6.1", unbound: "1.17.1" },
  standIns: ["Azure SQL: PostgreSQL behind a gateway", "Azure Storage: Azurite, one for each region"],
  realTime: false,
  ttlDivisor: 30,
  startedAt: "2026-12-01T08:00:00.000Z",
  plant: "127.21.0.0/16",
};

export function journalFile(file: string, entries: readonly JournalEntry[]): JournalFile {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  return { file, entries, lines: entries.length, sha256: createHash("sha256").update(text).digest("hex") };
}

export interface Case {
  name: ScenarioName;
  entries: readonly JournalEntry[];
}

/** The evidence of a drill that left these journals. */
export function evidenceOf(cases: readonly Case[], more: Partial<Evidence> = {}): Evidence {
  return {
    facts,
    judgements: cases.map(({ name, entries }) =>
      judge(name, measure(entries, rule, judgedClassOf(scenarios[name].system)), "2026-12-01"),
    ),
    stopped: null,
    journals: [
      journalFile("control.jsonl", []),
      ...cases.map(({ name, entries }) => journalFile(`${name}.jsonl`, entries)),
    ],
    doubts: [],
    ...more,
  };
}

/** Every scenario, each with a minute of every class of clients; service flaps while it is out. */
export function fullRehearsal(): Evidence {
  return evidenceOf(scenarioNames.map((name) => ({ name, entries: minuteOf(name) })));
}

/** Fault at 5 s, switch at 8 s, service back at 20 s, lift at 30 s, the way back from 31 s to 58 s. */
export function minuteOf(name: ScenarioName): JournalEntry[] {
  const { topology, tries, during, faults: broken }: Scenario = scenarios[name];
  const back = topology ? 20_000 : tries ? 30_500 : 6000;
  const failing = flapping({ fromMs: 5000, toMs: back });
  const target = topology ?? tries;
  const axes = target ? axesOf(target) : normal;
  const marks: Mark[] = [
    { kind: "began", atMs: 0, at: "2026-12-01T08:00:00.000Z" },
    ...(during ? [{ kind: "degraded" as const, atMs: 2000, ...during }] : []),
    ...broken.map((fault) => ({ kind: "fault" as const, atMs: 5000, fault })),
    ...broken.map((fault) => ({
      kind: "proof" as const,
      atMs: 6000,
      fault,
      proven: true,
      evidence: faults[fault].what,
    })),
    { kind: "seen", atMs: 6200, by: "probes" },
    ...(target ? switchMarks(target, axes) : []),
    ...(tries
      ? [{ kind: "refused" as const, atMs: 12_000, topology: tries, reason: "the cloud said no" }]
      : []),
    ...(topology ? [{ kind: "served" as const, atMs: 25_000, sinceMs: 20_000, path: "DNS → edge" }] : []),
    ...broken.map((fault) => ({ kind: "lift" as const, atMs: 30_000, fault })),
    { kind: "back-begin", atMs: 31_000, topology: "normal" },
    { kind: "back-end", atMs: 58_000 },
    { kind: "end", atMs: 58_000 },
  ];
  const clients = sampleClasses.flatMap((each) => samples({ fromMs: 0, toMs: 60_000 }, failing, each));
  return [...marks, ...clients, ...(needsData(name) ? dataEntries() : [])];
}

function switchMarks(topology: string, axes: Axes): Mark[] {
  const write = (what: Extract<Mark, { kind: "write" }>["what"], atMs: number): Mark => ({
    kind: "write",
    atMs,
    durationMs: 400,
    what,
    request: `PUT /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/saas/providers/${what.replace(" ", "-")}`,
  });
  return [
    { kind: "refilled", atMs: 7900, name: "api.saas.test", ttlSeconds: 10 },
    { kind: "switch", atMs: 8000, topology },
    ...(axes.bypass === "open" ? [write("security rule", 9500)] : []),
    ...(axes.origin !== normal.origin || axes.edge !== normal.edge ? [write("record", 10_200)] : []),
    ...(axes.database === "secondary" ? [write("promotion", 10_300)] : []),
    ...(axes.database === "restored" ? [write("restore", 10_300)] : []),
    ...(axes.workers === "scaled" ? [write("capacity", 10_400)] : []),
    ...(axes.api === "both" && axes.storage === "primary" && axes.database === "live"
      ? []
      : [write("settings", 10_500)]),
    { kind: "switched", atMs: 11_000, changes: { same: 54, update: 1 } },
  ];
}

/** Good and bad in turns: the worst that a strip can be asked to show. */
function flapping({ fromMs, toMs }: Stretch): Stretch[] {
  const every = 400;
  return Array.from({ length: Math.floor((toMs - fromMs) / every) }, (_, i) => ({
    fromMs: fromMs + i * every,
    toMs: fromMs + i * every + 200,
  }));
}

function needsData(name: ScenarioName): boolean {
  const { during, system }: Scenario = scenarios[name];
  return during !== undefined || judgedClassOf(system) !== "fresh";
}

/** Rows, jobs, and what is found of them in the end. */
function dataEntries(): JournalEntry[] {
  return dataJournal().filter(({ kind }) => kind === "attempt" || kind === "reconciled");
}
