import { Resolver } from "node:dns";
import { Agent, request } from "node:https";
import type { LookupFunction } from "node:net";
import { createSecureContext } from "node:tls";
import type { ClientClass } from "./journal.ts";

/** How clients reach the plant. */
export interface ClientTarget {
  /** Name clients use, and the port. */
  host: string;
  port: number;
  /** `address:port` of the cache that clients ask. */
  dns: string;
  /** PEM text of the authorities that clients trust. */
  ca: string;
  /** Address that requests come from. */
  localAddress: string;
  /** What says which customer a client is. */
  apiKey: string;
  /** An answer that takes longer than this is none. */
  boundMs: number;
}

export interface Ask {
  method?: "GET" | "POST";
  path: string;
  /** Sent as JSON. */
  body?: object;
}

export interface Answer {
  status: number;
  body: string;
}

/** Sends requests the way its class does. */
export class Client {
  readonly #target: ClientTarget;
  readonly #lookup: LookupFunction;
  readonly #agent: Agent;

  constructor(target: ClientTarget, clientClass: ClientClass) {
    this.#target = target;
    this.#lookup = clientClass === "ttl-ignoring" ? lookupOnce(target) : lookupEach(target);
    // Made once: reading the authorities anew for each connection would cost as much as the handshake.
    const secureContext = createSecureContext({ ca: target.ca });
    this.#agent = new Agent({ keepAlive: clientClass === "pooled", maxCachedSessions: 0, secureContext });
  }

  /** @throws when nobody answers, not in time, or not as who should */
  ask({ method = "GET", path, body }: Ask): Promise<Answer> {
    const { host, port, localAddress, apiKey, boundMs } = this.#target;
    return new Promise((resolve, reject) => {
      const call = request({
        host,
        servername: host,
        port,
        path,
        method,
        headers: { "x-api-key": apiKey, ...(body && { "content-type": "application/json" }) },
        localAddress,
        lookup: this.#lookup,
        agent: this.#agent,
        signal: AbortSignal.timeout(boundMs),
      });
      call.on("error", reject);
      call.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      call.end(body && JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Why there is no good answer, in a few words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError" || error.name === "TimeoutError") return "no answer in time";
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

function lookupEach({ dns, boundMs }: ClientTarget): LookupFunction {
  // One try within the bound: a second would come after the sample is already lost.
  const resolver = new Resolver({ timeout: boundMs, tries: 1 });
  resolver.setServers([dns]);
  return (host, options, callback) => {
    resolver.resolve4(host, (error, addresses) => {
      if (error) callback(error, "");
      else answer(addresses, options.all === true, callback);
    });
  };
}

function lookupOnce(target: ClientTarget): LookupFunction {
  const each = lookupEach(target);
  let kept: string[] | undefined;
  return (host, options, callback) => {
    if (kept) return answer(kept, options.all === true, callback);
    each(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "");
      kept = (found as { address: string }[]).map(({ address }) => address);
      answer(kept, options.all === true, callback);
    });
  };
}

function answer(addresses: string[], all: boolean, callback: Parameters<LookupFunction>[2]): void {
  if (all)
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  else callback(null, addresses[0] ?? "", 4);
}
