import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Cloud, type CloudRecord, type CloudZone } from "./cloud.ts";
import { Absent, type Bench, type Measurement, Unmeasurable } from "./measurement.ts";
import { asSwitch, type Switch, switchFigures, switchRuns } from "./switch.ts";
import { timedRun } from "./timed-run.ts";

/** What a user's Python may need of the environment, and nothing else of it. Credentials of theirs stay out. */
const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", NETRC: "/dev/null" };

/** The same record, switched by a tool that does DNS and nothing else. */
export const octodnsSwitch: Measurement = {
  figures: Object.values(switchFigures("octodns")),
  async measure(bench) {
    const python = await findPython();
    const folder = join(bench.ready.local.folder, "octodns");
    await mkdir(folder);
    const cloud = new Cloud(bench.ready);
    const zone = await cloud.zone();
    const switches: Switch[] = [];
    // The first run compiles Python's modules and is not counted.
    for (let run = 0; run <= bench.runs; run++) {
      bench.report.progress(`switch by octodns: ${run} of ${bench.runs}`);
      await writeConfiguration(folder, cloud, zone);
      const each = await sync(bench, { python, folder });
      if (run > 0) switches.push(each);
    }
    return switchRuns("octodns", switches);
  },
};

/** @returns the interpreter itself: what stands first on PATH may be a wrapper that costs time of its own */
async function findPython(): Promise<string> {
  const code = "import sys, octodns_cloudflare; print(sys.executable)";
  const { stdout, failed } = await execa("python3", ["-c", code], { env, extendEnv: false, reject: false });
  if (!failed) return stdout;
  throw new Absent("python3 has no octodns-cloudflare (pip install octodns octodns-cloudflare)");
}

/** The zone as it is, but for the record clients use. JSON is YAML. */
async function writeConfiguration(folder: string, cloud: Cloud, zone: CloudZone): Promise<void> {
  const records = (await cloud.records(zone)).map((record) =>
    cloud.isClientRecord(record) ? cloud.switched(record) : record,
  );
  const configuration = {
    providers: {
      files: { class: "octodns.provider.yaml.YamlProvider", directory: folder, enforce_order: false },
      cloud: {
        class: "octodns_cloudflare.CloudflareProvider",
        token: cloud.token,
        api_url: cloud.apiBaseUrl,
        // Its default would raise the TTL of our aliases, and then a switch were three writes.
        min_ttl: 60,
      },
    },
    zones: { [`${zone.name}.`]: { sources: ["files"], targets: ["cloud"] } },
  };
  await writeFile(join(folder, "octodns.yaml"), JSON.stringify(configuration), { mode: 0o600 });
  await writeFile(join(folder, `${zone.name}.yaml`), JSON.stringify(zoneData(records, zone)));
}

/** Records by name without the zone, as octodns has them. Our zone has one record per name. */
export function zoneData(records: readonly CloudRecord[], { name: zoneName }: CloudZone): object {
  const entry = ({ type, name, content, proxied, ttl }: CloudRecord) => {
    const value = type === "CNAME" ? `${content}.` : content;
    const own = proxied ? { octodns: { cloudflare: { proxied, "auto-ttl": true } } } : { ttl };
    return [name === zoneName ? "" : name.slice(0, -zoneName.length - 1), { type, value, ...own }] as const;
  };
  return Object.fromEntries(records.map((record) => entry(record)));
}

async function sync(bench: Bench, { python, folder }: { python: string; folder: string }): Promise<Switch> {
  // What octodns-sync runs; that script need not be on PATH.
  const args = ["-m", "octodns.cmds.sync", "--config-file", "octodns.yaml", "--doit"];
  const run = await timedRun({ file: python, args, folder, env, part: "octodns" }, bench.signal);
  if (run.failed) throw new Unmeasurable(`octodns failed: ${run.output.trim().split("\n").at(-1)}`);
  return asSwitch(bench, run, ["record"]);
}
