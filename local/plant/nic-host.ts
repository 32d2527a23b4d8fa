import net from "node:net";
import type { Socket } from "node:net";
import type { FirewallRule } from "../cloud/azure/plant-protocol.ts";
import { isLoopback } from "../cloud/loopback.ts";
import { Firewall } from "./firewall.ts";
import { Connection } from "./nic-connection.ts";
import type { NicCounts, NicHostConfig, NicMode, Power } from "./nic-protocol.ts";

/** One connection of a client, let in or waiting in silence. */
interface Visit {
  connection: Connection;
  peer: string;
  port: number;
  admitted: boolean;
}

interface Target {
  host: string;
  port: number;
}

/** The network interface of one host: listens on its addresses, forwards to its server. */
export class NicHost {
  readonly #config: NicHostConfig;
  readonly #visits = new Set<Visit>();
  readonly #counts: Omit<NicCounts, "open"> = { accepted: 0, denied: 0, unreachable: 0 };
  #firewall: Firewall | undefined;
  #listeners: net.Server[] = [];
  #mode: NicMode = "pass";
  #power: Power = "on";

  constructor(config: NicHostConfig) {
    this.#config = config;
    this.#firewall = compile(config.rules);
  }

  get counts(): NicCounts {
    return { ...this.#counts, open: this.#visits.size };
  }

  /** @throws Error when an address is taken; nothing listens then */
  async open(): Promise<void> {
    const { addresses, ports } = this.#config;
    const listening = await Promise.allSettled(
      addresses.flatMap(({ address, shadow }) =>
        ports.map((port) => this.#listen(address, { host: shadow, port })),
      ),
    );
    this.#listeners = listening.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = listening.find((result) => result.status === "rejected");
    if (!failed) return;
    this.#stopListening();
    throw failed.reason;
  }

  close(): void {
    this.#stopListening();
    this.#visits.forEach(({ connection }) => connection.reset());
  }

  /** Resolves when the mode is in force. */
  async setMode(mode: NicMode): Promise<void> {
    this.#mode = mode;
    if (mode === "refuse") this.#stopListening();
    this.#settle();
    if (mode !== "refuse" && this.#listeners.length === 0) await this.open();
  }

  setRules(rules: FirewallRule[] | null): void {
    this.#firewall = compile(rules);
    this.#settle();
  }

  setPower(power: Power): void {
    if (power === this.#power) return;
    this.#power = power;
    // A machine that has just booted knows nothing of the connections of its earlier life.
    if (power === "on") {
      this.#visits.forEach(({ connection }) => connection.reachedServer && connection.reset());
    }
    this.#settle();
  }

  get #turnsAway(): boolean {
    return this.#mode === "reset" || this.#mode === "refuse";
  }

  get #flows(): boolean {
    return this.#power === "on" && this.#mode !== "black-hole";
  }

  /**
   * Who was let in stays in, whatever the rules say now: Azure's rules are stateful
   * (learn.microsoft.com/azure/virtual-network/network-security-groups-overview: "Existing
   * connections may not be interrupted when you remove a security rule", 2026-11). Who was not let in
   * and still waits comes in with a later rule, as the retransmitted SYN does.
   */
  #settle(): void {
    for (const visit of this.#visits) {
      visit.admitted ||= this.#admits(visit.peer, visit.port);
      if (!visit.admitted || !this.#flows) visit.connection.freeze();
      else if (this.#turnsAway) visit.connection.reset();
      else visit.connection.thaw();
    }
  }

  #stopListening(): void {
    // New connections are refused from here on; `close` itself waits for nothing we need.
    this.#listeners.forEach((listener) => listener.close());
    this.#listeners = [];
  }

  #listen(address: string, target: Target): Promise<net.Server> {
    const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client, target),
    );
    return new Promise((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host: address, port: target.port }, () => resolve(listener));
    });
  }

  #accept(client: Socket, target: Target): void {
    client.on("error", () => client.destroy());
    const peer = client.remoteAddress;
    // Without an address it is gone already; from outside of the machine nobody ever comes in.
    if (peer === undefined || !isLoopback(peer)) {
      client.resetAndDestroy();
      return;
    }
    const admitted = this.#admits(peer, target.port);
    this.#counts[admitted ? "accepted" : "denied"] += 1;
    if (admitted && this.#flows && this.#turnsAway) client.resetAndDestroy();
    else this.#receive(client, { peer, target, admitted });
  }

  #admits(peer: string, port: number): boolean {
    return this.#firewall?.admits(peer, port) ?? true;
  }

  #receive(
    client: Socket,
    { peer, target, admitted }: { peer: string; target: Target; admitted: boolean },
  ): void {
    const connection = new Connection({
      client,
      server: target,
      held: !(admitted && this.#flows),
      delayMs: () => this.#oneWayMs(),
      onUnreachable: () => (this.#counts.unreachable += 1),
      onClose: () => this.#visits.delete(visit),
    });
    const visit: Visit = { connection, peer, port: target.port, admitted };
    this.#visits.add(visit);
  }

  #oneWayMs(): number {
    return typeof this.#mode === "object" ? this.#mode.latencyMs / 2 : 0;
  }
}

function compile(rules: FirewallRule[] | null): Firewall | undefined {
  return rules === null ? undefined : new Firewall(rules);
}
