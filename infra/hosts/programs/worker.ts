/**
 * A stand-in for the company's worker that does no work: it follows the settings and shows that it lives,
 * by a heartbeat file.
 */
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { writeAtomically } from "./atomic-file.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
import { SettingsFollower } from "./settings.ts";
import type { Settings } from "./settings-document.ts";

interface WorkerHost extends HostFile {
  /** Of the pool it belongs to. */
  region: string;
}

/** What `heartbeat.json` holds. */
export interface Heartbeat {
  worker: string;
  region: string;
  /** ISO 8601, UTC. */
  at: string;
  settings: Settings | null;
}

const beatMs = 2000;

const host = readHostFile() as WorkerHost;
const follower = new SettingsFollower(host);
const file = path.join(host.stateFolder, "heartbeat.json");

beat();
process.stdout.write('{"ready":true}\n');
void follower.follow();
for (;;) {
  await pause(beatMs);
  beat();
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
