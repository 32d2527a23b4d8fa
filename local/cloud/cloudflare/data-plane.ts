import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type EdgeMapSettings, publishEdgeMap, replaceFile } from "./edge-map.ts";
import type { DnsRecord } from "./record.ts";
import { originsByHost, writeZoneFile, type ZoneFileSettings } from "./zone-file.ts";

const run = promisify(execFile);
const reloadTimeoutMs = 5000;

export interface DataPlaneSettings extends ZoneFileSettings {
  zoneFile: string;
  /** `command` is everything before the verb, such as `["nsd-control", "-c", "nsd.conf"]`. */
  nsdControl: { command: readonly string[]; env?: Record<string, string> | undefined };
  edgeMap: EdgeMapSettings;
}

type Publish = (records: readonly DnsRecord[], serial: number) => Promise<void>;

/** Writes the zone and the edge's map and has the running servers read them. */
export function publishTo(settings: DataPlaneSettings): Publish {
  return async (records, serial) => {
    const outcomes = await Promise.allSettled([
      publishEdgeMap(originsByHost(records), settings.edgeMap),
      publishZone(writeZoneFile(records, serial, settings), settings),
    ]);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  };
}

async function publishZone(text: string, settings: DataPlaneSettings): Promise<void> {
  const { zoneFile, nsdControl, zoneName } = settings;
  await replaceFile(zoneFile, text);
  const [program = "nsd-control", ...before] = nsdControl.command;
  const environment = { ...process.env, ...nsdControl.env };
  await run(program, [...before, "reload", zoneName], { env: environment, timeout: reloadTimeoutMs });
}

/**
 * Publishes one state of the zone after the other, never two at once. States that arrive meanwhile are published
 * together, as the newest of them; a caller's promise settles when a state at least as new as its own is out.
 */
export class Publisher {
  readonly #publish: Publish;
  #serial: number;
  #running: Promise<void> = Promise.resolve();
  #waiting: { records: readonly DnsRecord[]; done: Promise<void> } | undefined;

  /** Serials count up from the start time, so that a restarted cloud is never behind what NSD has. */
  constructor(publish: Publish, firstSerial: number) {
    this.#publish = publish;
    this.#serial = firstSerial;
  }

  publish(records: readonly DnsRecord[]): Promise<void> {
    if (this.#waiting) {
      this.#waiting.records = records;
      return this.#waiting.done;
    }
    const done = this.#running.then(() => this.#next());
    this.#waiting = { records, done };
    // A failure is the caller's to handle; it must not stop the states after it.
    this.#running = done.catch(() => {});
    return done;
  }

  async #next(): Promise<void> {
    const records = this.#waiting?.records ?? [];
    this.#waiting = undefined;
    this.#serial += 1;
    await this.#publish(records, this.#serial);
  }
}
