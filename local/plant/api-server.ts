/**
 * A stand-in for the company's API: it answers who it is and whom it believes the client to be.
 * Argument: ApiServerConfig as JSON. GET /healthz, GET /v1/echo?nonce=X; SIGTERM ends it gracefully.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";

export interface ApiServerConfig {
  name: string;
  /** Its shadow address. */
  address: string;
  port: number;
  /** PEM with certificate and key. */
  certificate: string;
  /** Peers whose forwarded-for headers are true. */
  believed: { edge: string[]; loadBalancers: string[] };
}

/** The body of GET /v1/echo. */
export interface Echo {
  server: string;
  nonce: string | null;
  client: string;
  /** Proxies on the way, first the client's: `["edge", "load-balancer-main"]`. */
  via: string[];
}

const config = JSON.parse(process.argv[2] ?? "") as ApiServerConfig;
const pem = readFileSync(config.certificate);
const server = createServer({ cert: pem, key: pem }, serve);
// Longer than any proxy keeps an idle connection: if the server closed first, a request could be
// written onto a connection that is just ending, and fail without any fault.
server.keepAliveTimeout = 600_000;
server.listen({ host: config.address, port: config.port }, () => process.stdout.write('{"ready":true}\n'));

process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

const routes: Record<string, (request: IncomingMessage, url: URL) => unknown> = {
  "/healthz": () => ({ status: "ok", server: config.name }),
  "/v1/echo": (request, url): Echo => ({
    server: config.name,
    nonce: url.searchParams.get("nonce"),
    client: believedClient(request),
    via: proxiesOf(request),
  }),
};

function serve(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "https://api.invalid");
  const route = request.method === "GET" ? routes[url.pathname] : undefined;
  const body = route?.(request, url) ?? { error: `no such thing: ${request.method} ${url.pathname}` };
  response.writeHead(route ? 200 : 404, { "content-type": "application/json", "x-served-by": config.name });
  response.end(`${JSON.stringify(body)}\n`);
}

function believedClient(request: IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? "";
  const { edge, loadBalancers } = config.believed;
  const told = [
    edge.includes(peer) && request.headers["cf-connecting-ip"],
    loadBalancers.includes(peer) && request.headers["x-forwarded-for"],
  ].find(Boolean);
  return typeof told === "string" ? told : peer;
}

function proxiesOf(request: IncomingMessage): string[] {
  const hops = request.headers.via?.split(",") ?? [];
  return hops.map((hop) => hop.trim().split(" ")[1] ?? "");
}
