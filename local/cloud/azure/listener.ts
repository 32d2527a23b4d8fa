import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { isLoopback } from "../loopback.ts";
import { RequestLog, type LoggedRequest } from "../request-log.ts";
import { retrySoon } from "./arm-error.ts";

/** How one area of an API behaves. `none` is healthy. */
export const faultModes = ["none", "refuse", "hang", "429", "503"] as const;
export type FaultMode = (typeof faultModes)[number];

export interface Call {
  method: string;
  /** As sent, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** "" when there is none. */
  body: string;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface ListenerSettings<Area extends string> {
  address: string;
  port: number;
  /** PEM: certificate chain and key. */
  certificate: string;
  /** The parts of the API that fail apart, and which of them a path belongs to. */
  areas: readonly Area[];
  areaOf: (path: string) => Area;
  handle: (call: Call) => Promise<Reply>;
}

/**
 * An HTTPS door of the cloud. A fault changes what happens to a call here, before the API sees it; what is stored
 * stays. An area that refuses has its calls' connections reset; when all areas do, the port is closed.
 */
export class Listener<Area extends string> {
  readonly #settings: ListenerSettings<Area>;
  readonly #logs: Map<Area, RequestLog>;
  readonly #faults: Map<Area, FaultMode>;
  /** By the client's port: under TLS only the plain socket can send a reset. */
  readonly #sockets = new Map<number, Socket>();
  readonly #held = new Map<Socket, Area>();
  #port: number;
  #server: Server | undefined;

  constructor(settings: ListenerSettings<Area>) {
    this.#settings = settings;
    this.#port = settings.port;
    this.#logs = new Map(settings.areas.map((area) => [area, new RequestLog()]));
    this.#faults = new Map(settings.areas.map((area) => [area, "none"]));
  }

  get url(): string {
    return `https://${this.#settings.address}:${this.#port}`;
  }

  /** Calls of an area that arrived at or after the time. */
  requests(area: Area, sinceMs: number): LoggedRequest[] {
    return this.#logs.get(area)?.since(sinceMs) ?? [];
  }

  faultOf(area: Area): FaultMode {
    return this.#faults.get(area) ?? "none";
  }

  async open(): Promise<void> {
    const { address, certificate } = this.#settings;
    const pem = readFileSync(certificate, "utf8");
    const server = createServer({ cert: pem, key: pem }, (request, response) => {
      void this.#dispatch(request, response);
    });
    server.on("connection", (socket: Socket) => this.#admit(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.#port, address, resolve);
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
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    await closed;
  }

  async setFault(area: Area, mode: FaultMode): Promise<void> {
    this.#faults.set(area, mode);
    if ([...this.#faults.values()].every((each) => each === "refuse")) await this.close();
    else if (!this.#server) await this.open();
    if (mode !== "hang") this.#releaseHeld(area);
  }

  /** Calls that hung cannot be answered any more: their clients have to notice and send them again. */
  #releaseHeld(area: Area): void {
    for (const [socket, of] of this.#held) if (of === area) socket.resetAndDestroy();
  }

  #admit(socket: Socket): void {
    const port = socket.remotePort;
    if (!isLoopback(socket.remoteAddress) || port === undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.set(port, socket);
    socket.once("close", () => {
      this.#sockets.delete(port);
      this.#held.delete(socket);
    });
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(`${this.url}${request.url}`);
    if (!url) return send(response, badRequest);
    const area = this.#settings.areaOf(url.pathname);
    const apiVersion = url.searchParams.get("api-version");
    const method = request.method ?? "GET";
    const log = this.#logs.get(area);
    const logged = log?.arrived(method, url.pathname, apiVersion === null ? {} : { apiVersion });
    if (logged) response.once("finish", () => log?.answered(logged, response.statusCode));
    const socket = this.#sockets.get(request.socket.remotePort ?? 0);
    const mode = this.faultOf(area);
    if (mode === "refuse") socket?.resetAndDestroy();
    else if (mode === "hang" && socket) this.#held.set(socket, area);
    else if (mode === "429" || mode === "503") send(response, failing(mode));
    else await this.#serve({ url, method, request }, response);
  }

  async #serve(
    { url, method, request }: { url: URL; method: string; request: IncomingMessage },
    response: ServerResponse,
  ): Promise<void> {
    try {
      const body = await text(request);
      const { pathname: path, searchParams: query } = url;
      send(response, await this.#settings.handle({ method, path, query, headers: request.headers, body }));
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent || request.destroyed) request.socket.destroy();
      else send(response, { status: 500, body: { error: { code: "InternalServerError", message: "" } } });
    }
  }
}

const failures = {
  "429": ["TooManyRequests", "The request is being throttled."],
  "503": ["ServerUnavailable", "The service is unavailable."],
} as const;

const badRequest: Reply = {
  status: 400,
  body: { error: { code: "BadRequest", message: "The request URI is invalid." } },
};

function failing(mode: keyof typeof failures): Reply {
  const [code, message] = failures[mode];
  return { status: Number(mode), headers: retrySoon(1000), body: { error: { code, message } } };
}

function send(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const type = body === undefined ? {} : { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...type, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
