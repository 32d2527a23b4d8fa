import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Cloud, type CloudRecord, type CloudZone } from "./cloud.ts";
import { Absent, type Bench, type Measurement, Unmeasurable } from "./measurement.ts";
import { asSwitch, type Switch, switchFigures, switchRuns } from "./switch.ts";
import { timedRun } from "./timed-run.ts";

/** CPU time comes in steps of 10 ms, about what one call needs: a run is the mean of so many calls. */
const callsPerRun = 10;

const { cpu: cpuFigure, ...otherFigures } = switchFigures("curl, the floor");

/** The floor: one PUT, which every way to switch has to make in the end. */
export const curlSwitch: Measurement = {
  figures: [cpuFigure, ...Object.values(otherFigures)],
  async measure(bench) {
    await requireCurl();
    const cloud = new Cloud(bench.ready);
    const folder = await makeFolder(bench, cloud);
    const zone = await cloud.zone();
    let record = (await cloud.records(zone)).find((each) => cloud.isClientRecord(each));
    const calls: Switch[] = [];
    while (record && calls.length < bench.runs * callsPerRun) {
      bench.report.progress(`switch by curl: ${calls.length + 1} of ${bench.runs * callsPerRun}`);
      record = cloud.switched(record);
      calls.push(await put(bench, { url: urlOf(cloud, zone, record), record, folder }));
    }
    return { ...switchRuns("curl, the floor", calls), [cpuFigure]: meansOf(calls) };
  },
};

async function requireCurl(): Promise<void> {
  const { failed } = await execa("curl", ["--version"], { reject: false });
  if (failed) throw new Absent("curl is not installed");
}

/** The token goes into a file: arguments are for everybody to see. */
async function makeFolder({ ready }: Bench, { token }: Cloud): Promise<string> {
  const folder = join(ready.local.folder, "curl");
  await mkdir(folder);
  await writeFile(join(folder, "headers"), `Authorization: Bearer ${token}\n`, { mode: 0o600 });
  return folder;
}

function urlOf({ apiBaseUrl }: Cloud, zone: CloudZone, { id }: CloudRecord): string {
  return `${apiBaseUrl}/zones/${zone.id}/dns_records/${id}`;
}

interface Put {
  url: string;
  record: CloudRecord;
  folder: string;
}

async function put(bench: Bench, { url, record, folder }: Put): Promise<Switch> {
  const { type, name, content, proxied, ttl } = record;
  const body = JSON.stringify({ type, name, content, proxied, ttl });
  const headers = ["--header", "@headers", "--header", "Content-Type: application/json"];
  // -q: no settings of whoever runs this.
  const args = [
    "-q",
    "--silent",
    "--show-error",
    "--fail",
    "--request",
    "PUT",
    ...headers,
    "--data",
    body,
    url,
  ];
  const env = { PATH: process.env["PATH"] ?? "" };
  const run = await timedRun({ file: "curl", args, folder, env, part: "curl" }, bench.signal);
  if (run.failed) throw new Unmeasurable(`curl failed: ${run.output.trim().split("\n").at(-1)}`);
  return asSwitch(bench, run, ["record"]);
}

function meansOf(calls: readonly Switch[]): number[] {
  const groups = Array.from({ length: calls.length / callsPerRun }, (_, i) =>
    calls.slice(i * callsPerRun, (i + 1) * callsPerRun),
  );
  return groups.map((group) => group.reduce((sum, { cpu }) => sum + cpu.seconds, 0) / group.length);
}
