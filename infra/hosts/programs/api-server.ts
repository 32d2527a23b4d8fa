/**
 * A stand-in for the company's API. It knows its customers by a key, saves statistics and accepts jobs; it answers
 * who it is, whom it believes the client to be, and which settings it has. SIGTERM ends it gracefully.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import path from "node:path";
import { type Answer, refused, type Work } from "./answer.ts";
import type { Backend } from "./backend.ts";
import { clientIdentity, type Believed } from "./client-identity.ts";
import { saveEntry } from "./entries.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
import { acceptJob, showJob } from "./jobs.ts";
import { BadBody, readBody } from "./request-body.ts";
import { SettingsFollower } from "./settings.ts";
import type { Settings } from "./settings-document.ts";
import { firstLine, Unavailable } from "./unavailable.ts";

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

interface Call {
  request: IncomingMessage;
  url: URL;
  body: Record<string, unknown>;
}

const host = readHostFile() as ApiServerHost;
const follower = new SettingsFollower(host);
const believedClient = clientIdentity(host);
const pem = readFileSync(credential(host.certificate));
const server = createServer({ cert: pem, key: pem }, (request, response) => void serve(request, response));
// Longer than any proxy keeps an idle connection: if the server closed first, a request could be
// written onto a connection that is just ending, and fail without any fault.
server.keepAliveTimeout = 600_000;
process.once("SIGTERM", () => {
  if (!server.listening) process.exit(0);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

/** What a customer may ask for; a route ends in `/` where a name follows. */
const routes: Record<string, (call: Call) => Work> = {
  "GET /v1/echo": (call) => async () => ({ status: 200, body: echo(call) }),
  "POST /v1/entries": ({ body }) => saveEntry(body),
  "POST /v1/jobs": ({ body }) => acceptJob(body),
  "GET /v1/jobs/": ({ url }) => showJob(path.basename(url.pathname)),
};

// Load balancers send clients as soon as it listens.
const [backend] = await Promise.all([openBackend(), follower.follow()]);
const [address = "", port = ""] = host.listen.split(":");
server.listen({ host: address, port: Number(port) }, () => process.stdout.write('{"ready":true}\n'));

/** Loaded late: a server must start, and say that it lives, although its packages could not be installed. */
async function openBackend(): Promise<Backend | null> {
  try {
    return (await import("./backend.ts")).openBackend(host, follower);
  } catch (error) {
    process.stderr.write(`api: nothing behind it can be used: ${firstLine(error)}\n`);
    return null;
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(request).catch(answerTo);
  response.writeHead(status, { "content-type": "application/json", "x-served-by": host.name });
  response.end(`${JSON.stringify(body)}\n`);
}

async function answer(request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "https://api.invalid");
  const asked = `${request.method} ${url.pathname}`;
  // Asks nobody: a database that is away is no reason to take a server out of use.
  if (asked === "GET /healthz") return { status: 200, body: { status: "ok", server: host.name } };
  const route = routes[asked] ?? routes[asked.replace(/[^/]+$/, "")];
  if (!route) return refused(404, `no such thing: ${asked}`);
  const key = request.headers["x-api-key"];
  if (typeof key !== "string") return refused(401, "the header x-api-key is missing");
  const body = request.method === "POST" ? await readBody(request) : {};
  const work = route({ request, url, body });
  if (!backend) throw new Unavailable("its packages are not installed");
  const done = await backend.workFor(key, work);
  if (done?.status === 202) backend.jobAccepted();
  return done ?? refused(401, "the key in x-api-key is nobody's");
}

function answerTo(error: unknown): Answer {
  if (error instanceof BadBody) return refused(error.status, "bad request", error.message);
  if (error instanceof Unavailable) return refused(503, "unavailable", error.message);
  process.stderr.write(`api: ${error instanceof Error ? error.stack : String(error)}\n`);
  return refused(500, "internal error");
}

function echo({ request, url }: Call): Echo {
  return {
    server: host.name,
    nonce: url.searchParams.get("nonce"),
    client: believedClient(request),
    via: proxiesOf(request),
    settings: follower.current,
  };
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
