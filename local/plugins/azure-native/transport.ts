import { readFileSync } from "node:fs";
import { Agent, request as send } from "node:https";
import { isLoopback } from "../../cloud/loopback.ts";
import type { Headers } from "./retry.ts";

export interface HttpCall {
  method: "GET" | "POST" | "PUT" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** HTTPS to the local cloud and to nothing else. Trusts what SSL_CERT_FILE holds, as the official plugin does. */
export class Transport {
  readonly #agent: Agent;

  constructor(environment: NodeJS.ProcessEnv) {
    const file = environment.SSL_CERT_FILE;
    this.#agent = new Agent({ keepAlive: true, ...(file ? { ca: readFileSync(file) } : {}) });
  }

  /** @throws RefusedHost before anything is sent; the transport's own errors. */
  async send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    requireLocal(call.url);
    const outcome = await this.#try(call, signal);
    // The server had closed an idle connection: Go's client sends again at once, and so must this one.
    return outcome === "stale" ? this.send(call, signal) : outcome;
  }

  #try({ method, url, headers = {}, body }: HttpCall, signal: AbortSignal): Promise<HttpAnswer | "stale"> {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const options = { method, headers: { ...headers, ...length }, signal, agent: this.#agent };
      const request = send(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).once("error", reject);
        response.once("end", () => {
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, text: Buffer.concat(chunks).toString() });
        });
      });
      request.once("error", (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && error.code === "ECONNRESET" && !signal.aborted) resolve("stale");
        else reject(error);
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** @throws RefusedHost unless the URL is HTTPS in 127.0.0.0/8: a stand-in must never change a real subscription. */
export function requireLocal(url: string): void {
  const parsed = URL.parse(url);
  if (parsed?.protocol === "https:" && isLoopback(parsed.hostname)) return;
  throw new RefusedHost(url);
}

export class RefusedHost extends Error {
  constructor(url: string) {
    super(
      `this is the stand-in of the azure-native provider; it refuses ${url}, because it talks to a local cloud in ` +
        "127.0.0.0/8 over HTTPS only. Set ARM_METADATA_HOSTNAME to the local cloud, or install the official plugin.",
    );
    this.name = "RefusedHost";
  }
}

const transportErrors: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
};

/** A failed call in the words of the official plugin: `Put "https://…": dial tcp 127.0.0.1:1: connect: …`. */
export function describe(error: Error, { method, url }: HttpCall): string {
  const verb = `${method[0]}${method.slice(1).toLowerCase()}`;
  const { code = "" } = error as NodeJS.ErrnoException;
  return `${verb} "${url}": dial tcp ${URL.parse(url)?.host}: ${transportErrors[code] ?? error.message}`;
}
