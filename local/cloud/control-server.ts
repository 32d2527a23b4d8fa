import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import * as v from "valibot";
import { isLoopback } from "./loopback.ts";

export interface ControlCall {
  query: URLSearchParams;
  body: unknown;
}

/** `handle` returns what is answered as JSON. */
export interface ControlRoute {
  method: string;
  path: string;
  handle: (call: ControlCall) => unknown;
}

/**
 * The local cloud's own API, on a port of its own so that it can be reached while a cloud's API refuses
 * connections. Every call needs the header `x-control-token`.
 */
export function createControlServer(token: string, routes: readonly ControlRoute[]): Server {
  const server = createServer((request, response) => {
    answer(request, { token, routes }).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 500, { error: String(error) }),
    );
  });
  return server.on("connection", (socket) => {
    if (!isLoopback(socket.remoteAddress)) socket.destroy();
  });
}

interface Context {
  token: string;
  routes: readonly ControlRoute[];
}

async function answer(request: IncomingMessage, { token, routes }: Context): Promise<Reply> {
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://127.0.0.1");
  if (!isSame(request.headers["x-control-token"], token)) {
    return { status: 401, body: { error: "x-control-token is missing or wrong" } };
  }
  const route = routes.find(({ method, path }) => method === request.method && path === pathname);
  if (!route) return { status: 404, body: { error: `no such call: ${request.method} ${pathname}` } };
  try {
    const body = request.method === "GET" ? undefined : await json(request);
    return { status: 200, body: await route.handle({ query, body }) };
  } catch (error) {
    if (error instanceof SyntaxError || v.isValiError(error))
      return { status: 400, body: { error: error.message } };
    throw error;
  }
}

interface Reply {
  status: number;
  body: unknown;
}

function isSame(given: string | string[] | undefined, expected: string): boolean {
  if (typeof given !== "string" || given.length !== expected.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
