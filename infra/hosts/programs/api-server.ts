/**
 * A stand-in for the company's API: it answers who it is, whom it believes the client to be, and which
 * settings it has. GET /healthz, GET /v1/echo?nonce=X; SIGTERM ends it gracefully.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import path from "node:path";
import { clientIdentity, type Believed } from "./client-identity.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
import { SettingsFollower } from "./settings.ts";
import type { Settings } from "./settings-document.ts";

interface ApiServerHost extends HostFile, Believed {
  name: string;
  /** `<own private address>:<port>` */
  listen: string;
  /** PEM with certificate and key. */
  certificate: string;
}

/** The body of GET /v1/echo. */
export interface Echo {
  server: string;
  nonce: string | null;
  client: string;
  /** Proxies on the way, first the client's: `["edge", "load-balancer-main"]`. */
  via: string[];
  settings: Settings | null;
}

const host = readHostFile() as ApiServerHost;
const follower = new SettingsFollower(host);
const believedClient = clientIdentity(host);
const pem = readFileSync(credential(host.certificate));
const server = createServer({ cert: pem, key: pem }, serve);
// Longer than any proxy keeps an idle connection: if the server closed first, a request could be
// written onto a connection that is just ending, and fail without any fault.
server.keepAliveTimeout = 600_000;
process.once("SIGTERM", () => {
  if (!server.listening) process.exit(0);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

const routes: Record<string, (request: IncomingMessage, url: URL) => unknown> = {
  "/healthz": () => ({ status: "ok", server: host.name }),
  "/v1/echo": (request, url): Echo => ({
    server: host.name,
    nonce: url.searchParams.get("nonce"),
    client: believedClient(request),
    via: proxiesOf(request),
    settings: follower.current,
  }),
};

// Load balancers send clients as soon as it listens.
await follower.follow();
const [address = "", port = ""] = host.listen.split(":");
server.listen({ host: address, port: Number(port) }, () => process.stdout.write('{"ready":true}\n'));

function serve(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "https://api.invalid");
  const route = request.method === "GET" ? routes[url.pathname] : undefined;
  const body = route?.(request, url) ?? { error: `no such thing: ${request.method} ${url.pathname}` };
  response.writeHead(route ? 200 : 404, { "content-type": "application/json", "x-served-by": host.name });
  response.end(`${JSON.stringify(body)}\n`);
}

function proxiesOf(request: IncomingMessage): string[] {
  const hops = request.headers.via?.split(",") ?? [];
  return hops.map((hop) => hop.trim().split(" ")[1] ?? "");
}

/** systemd's copy of a file that only root may read; without systemd, the file. */
function credential(file: string): string {
  const folder = process.env["CREDENTIALS_DIRECTORY"];
  return folder ? path.join(folder, path.basename(file)) : file;
}
