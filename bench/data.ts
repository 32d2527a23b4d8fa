import { setTimeout as delay } from "node:timers/promises";
import type { SetUp } from "../drill/set-up.ts";
import { databaseName } from "../infra/names.ts";
import { switchTopology } from "../recovery/switch.ts";
import { monotonicMs } from "../watch/journal.ts";
import { type Measurement, Unmeasurable } from "./measurement.ts";

const live = { side: "primary", database: databaseName } as const;
const switchOptions = { deadlineSeconds: 120 };

/** From `pulumi up` to a job that was done with the other region's storage, while the primary region's answers nothing. */
export const storageSwitch: Measurement = {
  figures: [
    "storage switch by pulumi up: start to settings write",
    "storage switch by pulumi up: settings write to first job",
    "storage switch by pulumi up: start to first job",
  ],
  async measure({ ready, signal }) {
    const { plant, workspace } = ready;
    const workload = ready.startWorkload();
    workload.sendTo(() => {});
    try {
      await plant.storage.setRegion("primary", "cut");
      const startedMs = monotonicMs();
      await switchTopology(workspace, { topology: "storage-secondary", ...switchOptions, signal });
      const [write] = (await plant.writesSince(startedMs)).filter(({ what }) => what === "settings");
      if (!write) throw new Unmeasurable("the switch wrote no settings");
      const firstMs = await firstJobMs(ready, plant.storageAccounts.secondary);
      return {
        "storage switch by pulumi up: start to settings write": [(write.answeredMs - startedMs) / 1000],
        "storage switch by pulumi up: settings write to first job": [(firstMs - write.answeredMs) / 1000],
        "storage switch by pulumi up: start to first job": [(firstMs - startedMs) / 1000],
      };
    } finally {
      await workload.stop();
      await plant.storage.setRegion("primary", "served");
      await switchTopology(workspace, { topology: "normal", ...switchOptions });
    }
  },
};

/** When the first effect was there whose file is in that account, on the monotonic clock. */
async function firstJobMs({ plant }: SetUp, account: string): Promise<number> {
  const deadlineMs = monotonicMs() + 30_000;
  while (monotonicMs() < deadlineMs) {
    const text =
      "select extract(epoch from clock_timestamp() - min(done_at)) * 1000 as age from effects where blob like $1";
    const [row] = await plant.sql.query(live, text, [`${account}/%`]);
    if (row?.["age"] != null) return monotonicMs() - Number(row["age"]);
    await delay(50);
  }
  throw new Unmeasurable("no job was done with the other region's storage within 30 s");
}

/** What the stand-in for Azure SQL does itself; what Azure needs for it is another matter (docs/fidelity.md). */
export const databases: Measurement = {
  figures: ["restore of a database of 100 MB", "forced promotion: order to first write"],
  async measure({ ready }) {
    return {
      "restore of a database of 100 MB": [await restoreSeconds(ready)],
      "forced promotion: order to first write": [await promotionSeconds(ready)],
    };
  },
};

async function restoreSeconds({ local: { plant } }: SetUp): Promise<number> {
  const { sql } = plant;
  await sql.query(
    live,
    "create table ballast as select n, repeat(md5(n::text), 32) as filler from generate_series(1, 95000) as n",
  );
  const at = new Date().toISOString();
  // A point in time needs a commit behind it.
  await sql.query(live, "update api_keys set customer = customer");
  const startedAt = performance.now();
  const place = { side: live.side, database: "saas-bench" };
  await sql.restoreDatabase({ ...place, source: databaseName, at });
  const seconds = (performance.now() - startedAt) / 1000;
  const [size] = await sql.query(place, "select pg_database_size(current_database()) as bytes");
  const bytes = Number(size?.["bytes"]);
  await sql.dropDatabase(place);
  if (bytes < 100e6) throw new Unmeasurable(`${bytes} bytes were restored, not 100 MB`);
  return seconds;
}

/** The last thing that is done to a plant: its cloud knows nothing of it. */
async function promotionSeconds({ local: { plant } }: SetUp): Promise<number> {
  const { sql } = plant;
  await sql.setServer("primary", "lost");
  const startedAt = performance.now();
  await sql.promote({ databases: [databaseName], from: "primary", to: "secondary", forced: true });
  await sql.query({ side: "secondary", database: databaseName }, "update api_keys set customer = customer");
  return (performance.now() - startedAt) / 1000;
}
