import { setTimeout as pause } from "node:timers/promises";
import type { HostFile } from "./host-file.ts";
import { parseSettings, type Settings } from "./settings-document.ts";
import { loadSettings, saveSettings } from "./settings-file.ts";
import type { SettingsStore } from "./settings-store.ts";

const defaultRefreshSeconds = 10;
const firstPullMs = 5000;

/**
 * Follows the settings: pulls them every 10 s (environment: SETTINGS_REFRESH_SECONDS) and keeps the last
 * good ones, also on disk. Whatever goes wrong is said on stderr, once, and tried again: a store that is
 * down, slow or holds nonsense never stops the server that follows it.
 */
export class SettingsFollower {
  readonly #host: HostFile;
  #current: Settings | null = null;
  #etag: string | undefined;
  #store: SettingsStore | undefined;
  #lastSaid = "";

  constructor(host: HostFile) {
    this.#host = host;
    try {
      this.#current = loadSettings(host.stateFolder);
    } catch (error) {
      this.#say(`the file of an earlier run is not used: ${firstLine(error)}`);
    }
  }

  /** Null until there were any. */
  get current(): Settings | null {
    return this.#current;
  }

  /**
   * Follows for ever, from now on. Resolves after the first pull, whatever came of it, or after 5 s: a server that
   * was away must not take clients with the settings of the day it went. A store that is not made yet is no wait,
   * since it is refused at once.
   */
  async follow(): Promise<void> {
    const first = this.#refresh();
    void first.then(() => this.#goOn());
    await Promise.race([first, pause(firstPullMs)]);
  }

  /** Never ends and never rejects. */
  async #goOn(): Promise<never> {
    for (;;) {
      await pause(jittered(refreshMs()));
      await this.#refresh();
    }
  }

  async #refresh(): Promise<void> {
    try {
      const store = (this.#store ??= await openStore(this.#host));
      const pulled = await store.pull(this.#etag);
      if (pulled) this.#take(parseSettings(pulled.value), pulled.etag);
      this.#say(`version ${this.#current?.version}, api ${this.#current?.api}`);
    } catch (error) {
      this.#say(`kept version ${this.#current?.version ?? "none"}: ${firstLine(error)}`);
    }
  }

  #take(settings: Settings, etag: string | undefined): void {
    this.#current = settings;
    saveSettings(this.#host.stateFolder, settings);
    // Only now: what could not be saved is pulled again.
    this.#etag = etag;
  }

  #say(text: string): void {
    if (text !== this.#lastSaid) process.stderr.write(`settings: ${text}\n`);
    this.#lastSaid = text;
  }
}

/** Loaded late: a server must start, and serve, although its packages could not be installed. */
async function openStore({ settings }: HostFile): Promise<SettingsStore> {
  const store = await import("./settings-store.ts");
  return store.openStore(settings);
}

function refreshMs(): number {
  const seconds = Number(process.env["SETTINGS_REFRESH_SECONDS"]);
  return (seconds > 0 ? seconds : defaultRefreshSeconds) * 1000;
}

/** ± 10 %, so that the hosts of a plant don't ask in step. */
function jittered(ms: number): number {
  return ms * (0.9 + Math.random() * 0.2);
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
