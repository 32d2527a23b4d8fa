import { replaceFile } from "../cloud/cloudflare/edge-map.ts";
import { poll } from "./readiness.ts";

/** What every name of a SQL server or a storage account ends in. */
export const azureZone = "windows.net";

export interface AzureNamesOptions {
  zone: ServedZone;
  /** Every TTL is divided by it. It is applied here and nowhere else. */
  ttlDivisor: number;
}

/** A zone and the name server that answers from it. */
export interface ServedZone {
  file: string;
  /** Has the name server read the file. */
  reload(): Promise<void>;
  /** Of the zone that is served. */
  serial(): Promise<number>;
}

export interface Target {
  address: string;
  /** As Azure gives it. */
  ttlSeconds: number;
}

const servedDeadlineMs = 5000;

/** The names below windows.net, as clients on the machines look them up. */
export class AzureNames {
  readonly #options: AzureNamesOptions;
  readonly #targets = new Map<string, Target>();
  #serial = 1;
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(options: AzureNamesOptions) {
    this.#options = options;
  }

  /** Resolves when the name server answers so. Caches keep what they have for as long as they were told to. */
  set(name: string, target: Target): Promise<void> {
    this.#targets.set(name.toLowerCase(), target);
    return this.#publish();
  }

  remove(name: string): Promise<void> {
    this.#targets.delete(name.toLowerCase());
    return this.#publish();
  }

  /** Never two at once; what arrives meanwhile is published together. */
  #publish(): Promise<void> {
    if (this.#waiting) return this.#waiting;
    const done = this.#running.then(() => {
      this.#waiting = undefined;
      return this.#write();
    });
    this.#waiting = done;
    // A failure is the caller's to handle; it must not stop what comes after it.
    this.#running = done.catch(() => {});
    return done;
  }

  async #write(): Promise<void> {
    const { zone, ttlDivisor } = this.#options;
    const serial = (this.#serial += 1);
    await replaceFile(zone.file, azureZoneFile([...this.#targets], { serial, ttlDivisor }));
    await zone.reload();
    await poll({ deadlineMs: servedDeadlineMs, until: () => isServed(zone, serial) });
  }
}

// NSD's old process goes on beside its new one for a moment, and either may answer.
const timesInARow = 10;

async function isServed(zone: ServedZone, serial: number): Promise<true | string> {
  for (let times = 0; times < timesInARow; times += 1) {
    const served = await zone.serial();
    if (served !== serial) return `serial ${served} of ${azureZone}, not ${serial}`;
  }
  return true;
}

/** Names are absolute, TTLs explicit; that a name does not exist is remembered for as short as can be. */
export function azureZoneFile(
  targets: [name: string, target: Target][],
  { serial, ttlDivisor }: { serial: number; ttlDivisor: number },
): string {
  const lines = targets.map(([name, { address, ttlSeconds }]) => {
    const ttl = Math.max(1, Math.round(ttlSeconds / ttlDivisor));
    return `${name}. ${ttl} IN A ${address}`;
  });
  return `$TTL 1
${azureZone}. IN SOA ns.${azureZone}. hostmaster.${azureZone}. ${serial} 3600 600 86400 1
${azureZone}. IN NS ns.${azureZone}.
${lines.map((line) => `${line}\n`).join("")}`;
}
