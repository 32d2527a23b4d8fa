import net from "node:net";
import type { Socket } from "node:net";
import { isLoopback } from "../cloud/loopback.ts";
import type { HostAddress } from "./addresses.ts";
import { Connection } from "./nic-connection.ts";
import type { NicCounts, NicHostConfig, NicMode } from "./nic-protocol.ts";

type ModeName = Extract<NicMode, string> | "latency";

/** The network interface of one host: listens on its addresses, forwards to its server. */
export class NicHost {
  readonly #config: NicHostConfig;
  readonly #clientPort: number;
  readonly #connections = new Set<Connection>();
  readonly #counts: Omit<NicCounts, "open"> = { accepted: 0, denied: 0, unreachable: 0 };
  #listeners: net.Server[] = [];
  #mode: NicMode = "pass";

  readonly #enter: Record<ModeName, () => void> = {
    pass: () => this.#connections.forEach((connection) => connection.thaw()),
    latency: () => this.#connections.forEach((connection) => connection.thaw()),
    "black-hole": () => this.#connections.forEach((connection) => connection.freeze()),
    reset: () => this.#connections.forEach((connection) => connection.reset()),
    refuse: () => this.#connections.forEach((connection) => connection.reset()),
  };

  constructor(config: NicHostConfig, clientPort: number) {
    this.#config = config;
    this.#clientPort = clientPort;
  }

  get counts(): NicCounts {
    return { ...this.#counts, open: this.#connections.size };
  }

  async open(): Promise<void> {
    this.#listeners = await Promise.all(this.#config.addresses.map((address) => this.#listen(address)));
  }

  /** Resolves when the mode is in force. */
  async setMode(mode: NicMode): Promise<void> {
    this.#mode = mode;
    if (mode === "refuse") this.#close();
    this.#enter[nameOf(mode)]();
    if (mode !== "refuse" && this.#listeners.length === 0) await this.open();
  }

  #close(): void {
    // New connections are refused from here on; `close` itself waits for nothing we need.
    this.#listeners.forEach((listener) => listener.close());
    this.#listeners = [];
  }

  #listen({ address, shadow }: HostAddress): Promise<net.Server> {
    const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client, shadow),
    );
    return new Promise((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host: address, port: this.#clientPort }, () => resolve(listener));
    });
  }

  #accept(client: Socket, shadow: string): void {
    client.on("error", () => client.destroy());
    const peer = client.remoteAddress;
    // Without an address it is gone already.
    if (peer === undefined) client.destroy();
    else if (this.#admits(peer)) this.#serve(client, shadow);
    else {
      this.#counts.denied += 1;
      client.resetAndDestroy();
    }
  }

  #serve(client: Socket, shadow: string): void {
    this.#counts.accepted += 1;
    if (this.#mode === "reset" || this.#mode === "refuse") client.resetAndDestroy();
    else this.#connect(client, shadow);
  }

  /** The one place where a peer is let in or not. */
  #admits(peer: string): boolean {
    return isLoopback(peer);
  }

  #connect(client: Socket, shadow: string): void {
    const connection = new Connection({
      client,
      server: { host: shadow, port: this.#clientPort },
      held: this.#mode === "black-hole",
      delayMs: () => this.#oneWayMs(),
      onUnreachable: () => (this.#counts.unreachable += 1),
      onClose: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  #oneWayMs(): number {
    return typeof this.#mode === "object" ? this.#mode.latencyMs / 2 : 0;
  }
}

function nameOf(mode: NicMode): ModeName {
  return typeof mode === "object" ? "latency" : mode;
}
