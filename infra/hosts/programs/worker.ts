/**
 * A stand-in for the company's worker: it takes jobs from the queues that the settings name, writes a blob and a row
 * for each, and shows that it lives by a heartbeat file. SIGTERM ends it after the job in work.
 */
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { writeAtomically } from "./atomic-file.ts";
import type { Drains, WorkerHost } from "./drains.ts";
import { readHostFile } from "./host-file.ts";
import { SettingsFollower } from "./settings.ts";
import type { Settings } from "./settings-document.ts";
import { firstLine } from "./unavailable.ts";

/** What `heartbeat.json` holds. */
export interface Heartbeat {
  worker: string;
  region: string;
  /** ISO 8601, UTC. */
  at: string;
  settings: Settings | null;
}

const beatMs = 2000;
const followMs = 250;

const host = readHostFile() as WorkerHost;
const follower = new SettingsFollower(host);
const file = path.join(host.stateFolder, "heartbeat.json");

beat();
setInterval(beat, beatMs);
process.stdout.write('{"ready":true}\n');
const [drains] = await Promise.all([openDrains(), follower.follow()]);
process.once("SIGTERM", () => void end());
for (;;) {
  drains?.follow();
  await pause(followMs);
}

async function end(): Promise<never> {
  await drains?.stop();
  process.exit(0);
}

/** Loaded late: a worker must show that it lives although its packages could not be installed. */
async function openDrains(): Promise<Drains | null> {
  try {
    const { Drains: Loaded } = await import("./drains.ts");
    return new Loaded(host, follower);
  } catch (error) {
    process.stderr.write(`worker: it cannot do any work: ${firstLine(error)}\n`);
    return null;
  }
}

function beat(): void {
  const heartbeat: Heartbeat = {
    worker: os.hostname(),
    region: host.region,
    at: new Date().toISOString(),
    settings: follower.current,
  };
  writeAtomically(file, `${JSON.stringify(heartbeat)}\n`);
}
