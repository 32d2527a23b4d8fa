import net from "node:net";
import type { Socket } from "node:net";
import { Direction } from "./nic-direction.ts";

export interface ConnectionOptions {
  client: Socket;
  server: { host: string; port: number };
  /** Held: nothing is forwarded, and no connection is made to the server, before `thaw`. */
  held: boolean;
  delayMs: () => number;
  onUnreachable: () => void;
  onClose: () => void;
}

/** One client's connection to a host, and the one behind it to the host's server. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #client: Socket;
  readonly #toServer: Direction;
  #server: Socket | undefined;
  #toClient: Direction | undefined;
  #frozen: boolean;
  #brokeWhileFrozen = false;

  constructor(options: ConnectionOptions) {
    const { client, delayMs, held, onClose } = options;
    this.#options = options;
    this.#client = client;
    this.#frozen = held;
    this.#toServer = new Direction({ from: client, delayMs });
    client.on("error", () => this.#server?.resetAndDestroy());
    client.on("close", onClose);
    // A client that gave up waiting must not hit the server in a herd when the black hole ends.
    client.on("end", () => this.#server ?? client.destroy());
    if (!held) this.#connect();
  }

  /** There is, or was, a connection to the server. */
  get reachedServer(): boolean {
    return this.#server !== undefined;
  }

  freeze(): void {
    this.#frozen = true;
    this.#toServer.freeze();
    this.#toClient?.freeze();
  }

  thaw(): void {
    this.#frozen = false;
    if (this.#brokeWhileFrozen) this.#client.resetAndDestroy();
    if (!this.#server && !this.#client.destroyed) this.#connect();
    this.#toServer.thaw();
    this.#toClient?.thaw();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
  }

  #connect(): void {
    const { server: target, delayMs, onUnreachable } = this.#options;
    const localAddress = this.#client.remoteAddress;
    // Without an address the client is gone already.
    if (!localAddress) return;
    const server = net.connect({ ...target, localAddress, allowHalfOpen: true, noDelay: true });
    this.#server = server;
    this.#toClient = new Direction({ from: server, delayMs });
    this.#toClient.deliverTo(this.#client);
    server.once("connect", () => {
      server.off("error", onUnreachable);
      this.#toServer.deliverTo(server);
    });
    server.once("error", onUnreachable);
    // A real host would refuse where we have accepted already: a reset is the nearest we can give.
    server.on("error", () => this.#break());
  }

  /** What a server does in a black hole reaches nobody before it ends. */
  #break(): void {
    if (this.#frozen) this.#brokeWhileFrozen = true;
    else this.#client.resetAndDestroy();
  }
}
