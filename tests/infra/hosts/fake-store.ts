import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { ExecutionContext } from "ava";
import { selfSigned } from "./certificate.ts";

export type Mode = "served" | "hang" | "unauthorized" | "unavailable";

export interface Asked {
  path: string;
  ifNoneMatch: string | undefined;
  authorization: string | undefined;
  status: number;
}

/** App Configuration's read of one key, and the token endpoint of a machine, each with its faults. */
export class FakeStore {
  value: string;
  etag = "etag-1";
  mode: Mode = "served";
  tokenMode: Mode = "served";
  readonly asked: Asked[] = [];
  readonly tokenQueries: { query: Record<string, string>; header: string | undefined }[] = [];
  endpoint = "";
  tokenEndpoint = "";
  certificate = "";
  /** What the token for a resource is. */
  tokenFor: (resource: string) => string = () => "a-token";

  constructor(value: string) {
    this.value = value;
  }

  async start(t: ExecutionContext): Promise<void> {
    const { certificate, pem } = await selfSigned("localhost", ["127.0.0.1"]);
    this.certificate = certificate;
    const store = https.createServer({ cert: pem, key: pem }, (request, response) =>
      this.#read(request, response),
    );
    const tokens = http.createServer((request, response) => this.#token(request, response));
    this.endpoint = `https://127.0.0.1:${await listen(t, store)}`;
    this.tokenEndpoint = `http://127.0.0.1:${await listen(t, tokens)}/token`;
  }

  #read(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { "if-none-match": ifNoneMatch, authorization } = request.headers;
    const same = ifNoneMatch === `"${this.etag}"`;
    const status = { served: same ? 304 : 200, hang: 0, unauthorized: 401, unavailable: 503 }[this.mode];
    this.asked.push({ path: request.url ?? "", ifNoneMatch, authorization, status });
    if (status === 0) return;
    response.writeHead(status, {
      "content-type": "application/vnd.microsoft.appconfig.kv+json",
      etag: `"${this.etag}"`,
    });
    response.end(
      status === 200
        ? JSON.stringify({ key: "failover", label: null, value: this.value, etag: this.etag })
        : "",
    );
  }

  #token(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "", "http://token.invalid");
    const header = request.headers["x-identity-header"];
    this.tokenQueries.push({ query: Object.fromEntries(url.searchParams), header: String(header) });
    if (this.tokenMode === "hang") return;
    const good = this.tokenMode === "served";
    response.writeHead(good ? 200 : 503, { "content-type": "application/json" });
    const expiresOn = String(Math.floor(Date.now() / 1000) + 3600);
    const token = this.tokenFor(url.searchParams.get("resource") ?? "");
    const body = { access_token: token, expires_on: expiresOn, resource: "r", token_type: "Bearer" };
    response.end(JSON.stringify(good ? body : { error: "unavailable" }));
  }
}

async function listen(t: ExecutionContext, server: http.Server | https.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return ((server as Server).address() as AddressInfo).port;
}
