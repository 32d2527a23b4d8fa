import { setConfig } from "../engine/pulumi.ts";
import type { Written } from "../watch/journal.ts";
import type { Runs } from "./figures.ts";
import type { Bench, Measurement } from "./measurement.ts";
import { measuredUp } from "./pulumi.ts";
import { asSwitch, type Switch, switchFigures, switchRuns, type Way } from "./switch.ts";
import type { TimedRun } from "./timed-run.ts";

const ofParts = {
  engine: "switch by pulumi up: engine",
  "language host": "switch by pulumi up: language host",
  program: "switch by pulumi up: program",
  "plugin cloudflare": "switch by pulumi up: plugin cloudflare",
  "plugin azure-native": "switch by pulumi up: plugin azure-native",
  "plugin command": "switch by pulumi up: plugin command",
} as const;

/** One record, there and back. */
export const recordSwitch: Measurement = {
  figures: [...Object.values(switchFigures("pulumi up")), ...Object.values(ofParts)],
  async measure(bench) {
    const switches = await measureSwitches(bench, {
      way: "pulumi up",
      topologies: ["lb-backup", "normal"],
      kinds: ["record"],
    });
    const byPart = Object.entries(ofParts).map(([part, figure]) => [
      figure,
      switches.map(({ cpu }) => cpu.byPart[part] ?? 0),
    ]);
    return { ...switchRuns("pulumi up", switches), ...(Object.fromEntries(byPart) as Runs) };
  },
};

const untilRecord = "switch by pulumi up, lb-direct: start to record";

/** The firewall, then the record. The way back is not measured: nobody's clients are left outside here. */
export const directSwitch: Measurement = {
  figures: [...Object.values(switchFigures("pulumi up, lb-direct")), untilRecord],
  async measure(bench) {
    const way = "pulumi up, lb-direct";
    const switches: Switch[] = [];
    for (let run = 1; run <= bench.runs; run++) {
      bench.report.progress(`switch by ${way}: ${run} of ${bench.runs}`);
      const up = await switchTo(bench, "lb-direct");
      switches.push(await asSwitch(bench, up, ["security rule", "record"]));
      await switchTo(bench, "normal");
    }
    return { ...switchRuns(way, switches), [untilRecord]: switches.map(({ lastWriteMs }) => lastWriteMs) };
  },
};

/** What hosts are told, there and back. */
export const settingsSwitch: Measurement = {
  figures: Object.values(switchFigures("pulumi up, api-backup-only")),
  async measure(bench) {
    const way = "pulumi up, api-backup-only";
    const topologies = ["api-backup-only", "normal"] as const;
    return switchRuns(way, await measureSwitches(bench, { way, topologies, kinds: ["settings"] }));
  },
};

interface Series {
  way: Way;
  topologies: readonly [there: string, back: string];
  kinds: readonly Written[];
}

/** The first run warms caches and is not counted. */
async function measureSwitches(bench: Bench, { way, topologies, kinds }: Series): Promise<Switch[]> {
  const switches: Switch[] = [];
  for (let run = 0; run <= bench.runs; run++) {
    bench.report.progress(`switch by ${way}: ${run} of ${bench.runs}`);
    const up = await switchTo(bench, topologies[run % 2 === 0 ? 0 : 1]);
    const each = await asSwitch(bench, up, kinds);
    if (run > 0) switches.push(each);
  }
  // The next series starts from normal.
  if (bench.runs % 2 === 0) await switchTo(bench, topologies[1]);
  return switches;
}

async function switchTo({ ready, signal }: Bench, topology: string): Promise<TimedRun> {
  await setConfig(ready.workspace, "failover", ["topology", topology]);
  return measuredUp(ready.workspace, "failover", signal);
}
