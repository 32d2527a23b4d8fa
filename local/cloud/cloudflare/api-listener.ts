import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { isLoopback } from "../loopback.ts";
import { ApiError } from "./api-error.ts";
import type { ApiHandler } from "./api.ts";
import { RequestLog } from "../request-log.ts";

/** How the control plane of the cloud behaves. `none` is healthy. */
export const faultModes = ["none", "refuse", "429", "503", "hang"] as const;
export type FaultMode = (typeof faultModes)[number];

export interface Fault {
  mode: FaultMode;
  /** Sent with 429. Cloudflare's is the rest of a five-minute block. */
  retryAfterSeconds?: number;
}

/**
 * The API's door. A control-plane fault changes what happens to a connection or call here, before the API sees
 * it; the records and what DNS and edge serve stay as they are.
 */
export class ApiListener {
  readonly log = new RequestLog();
  readonly #address: string;
  readonly #handle: ApiHandler;
  #port: number;
  #fault: Fault = { mode: "none" };
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #held = new Set<Socket>();

  constructor(settings: { address: string; port: number; handle: ApiHandler }) {
    this.#address = settings.address;
    this.#port = settings.port;
    this.#handle = settings.handle;
  }

  get fault(): Fault {
    return this.#fault;
  }

  get url(): string {
    return `http://${this.#address}:${this.#port}`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => this.#dispatch(request, response));
    server.on("connection", (socket) => this.#admit(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.#port, this.#address, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the port and resets every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async setFault(fault: Fault): Promise<void> {
    const refused = this.#fault.mode === "refuse";
    this.#fault = fault;
    if (fault.mode === "refuse") await this.close();
    else if (refused) await this.open();
    if (fault.mode !== "hang") this.#releaseHeld();
  }

  /** Calls that hung cannot be answered any more: their clients have to notice and send them again. */
  #releaseHeld(): void {
    for (const socket of this.#held) socket.resetAndDestroy();
    this.#held.clear();
  }

  #admit(socket: Socket): void {
    if (!isLoopback(socket.remoteAddress)) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#held.delete(socket);
    });
  }

  #dispatch(request: IncomingMessage, response: ServerResponse): void {
    const logged = this.log.arrived(request.method ?? "", request.url ?? "");
    response.once("finish", () => this.log.answered(logged, response.statusCode));
    const { mode, retryAfterSeconds = 300 } = this.#fault;
    const behaviours: Record<FaultMode, () => void> = {
      none: () => this.#serve(request, response),
      refuse: () => request.socket.resetAndDestroy(),
      hang: () => this.#held.add(request.socket),
      "429": () => answerRateLimited(response, retryAfterSeconds),
      "503": () => answerUnavailable(response),
    };
    behaviours[mode]();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#handle(request, response).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent) request.socket.destroy();
      else response.writeHead(500).end();
    });
  }
}

function answerRateLimited(response: ServerResponse, retryAfterSeconds: number): void {
  const error = new ApiError("rateLimited");
  const headers = { "content-type": "application/json", "retry-after": String(retryAfterSeconds) };
  response.writeHead(error.status, headers).end(JSON.stringify(error.body()));
}

/** Cloudflare's own front answers a failing API with a page, not with JSON. */
function answerUnavailable(response: ServerResponse): void {
  response
    .writeHead(503, { "content-type": "text/html" })
    .end("<h1>503 Service Temporarily Unavailable</h1>");
}
