import { Resolver } from "node:dns";
import { Agent, request } from "node:https";
import type { LookupFunction } from "node:net";
import { createSecureContext } from "node:tls";
import type { ClientClass, Sample } from "./journal.ts";

/** What a probe calls and how it sees the plant. Sent as JSON to the probe process. */
export interface ProbeTarget {
  /** Name clients use, and the port. */
  host: string;
  port: number;
  path: string;
  /** `address:port` of the cache that clients ask. */
  dns: string;
  /** PEM text of the authorities that clients trust. */
  ca: string;
  /** Address that requests come from. */
  localAddress: string;
  /** Servers that may answer. */
  servers: string[];
  /** A sample that takes longer than this has failed. */
  boundMs: number;
  /** Samples a second, each class. */
  perSecond: number;
}

interface Answer {
  status: number;
  body: string;
}

/** One client: sends requests the way its class does and judges each answer. */
export class Probe {
  readonly #target: ProbeTarget;
  readonly #class: ClientClass;
  readonly #lookup: LookupFunction;
  readonly #agent: Agent;
  #counter = 0;

  constructor(target: ProbeTarget, clientClass: ClientClass) {
    this.#target = target;
    this.#class = clientClass;
    this.#lookup = clientClass === "ttl-ignoring" ? lookupOnce(target) : lookupEach(target);
    // Made once: reading the authorities anew for each connection would cost as much as the handshake.
    const secureContext = createSecureContext({ ca: target.ca });
    this.#agent = new Agent({ keepAlive: clientClass === "pooled", maxCachedSessions: 0, secureContext });
  }

  /** Sends one request. Never throws: a failure is a sample. `now` reads the monotonic clock, in ms. */
  async sample(dueMs: number, now: () => number): Promise<Sample> {
    const sentMs = now();
    const base = { kind: "sample", class: this.#class, dueMs, sentMs } as const;
    try {
      const nonce = `${this.#class}-${this.#counter++}`;
      const served = judge(await this.#ask(nonce), nonce, this.#target.servers);
      return { ...base, doneMs: now(), good: true, ...served };
    } catch (error) {
      return { ...base, doneMs: now(), good: false, failure: reasonOf(error) };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(nonce: string): Promise<Answer> {
    const { host, port, path, localAddress, boundMs } = this.#target;
    return new Promise((resolve, reject) => {
      const call = request({
        host,
        servername: host,
        port,
        path: `${path}?nonce=${nonce}`,
        localAddress,
        lookup: this.#lookup,
        agent: this.#agent,
        signal: AbortSignal.timeout(boundMs),
      });
      call.on("error", reject);
      call.on("response", (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      call.end();
    });
  }
}

/** @returns who answered; throws when the answer is not what a client asked for. */
function judge(
  { status, body }: Answer,
  nonce: string,
  servers: readonly string[],
): { server: string; via: string[] } {
  if (status !== 200) throw new Error(`status ${status}`);
  const {
    server,
    via,
    nonce: echoed,
  } = JSON.parse(body) as { server: string; via?: string[]; nonce?: unknown };
  if (echoed !== nonce) throw new Error("wrong body");
  if (!servers.includes(server)) throw new Error("unknown server");
  return { server, via: via ?? [] };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError" || error.name === "TimeoutError") return "no answer in time";
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

function lookupEach({ dns, boundMs }: ProbeTarget): LookupFunction {
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

function lookupOnce(target: ProbeTarget): LookupFunction {
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
