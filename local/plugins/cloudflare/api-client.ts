import { Agent, type IncomingHttpHeaders, request as send, STATUS_CODES } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, isRetried, retryDelayMs, tries } from "./retry.ts";
import type { ProviderConfig } from "./provider-config.ts";

export interface ApiCall {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the base URL, with its leading slash. */
  path: string;
  body?: object;
}

interface ApiAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A call that failed for good, in the official plugin's words. `status` is undefined if there was no answer. */
export class ApiFailure extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = "ApiFailure";
    this.status = status;
  }
}

/** Replaced in tests, which must not wait. */
export interface ClientTiming extends Clock {
  wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

const realTiming: ClientTiming = {
  nowMs: Date.now,
  random: Math.random,
  wait: (delayMs, signal) => wait(delayMs, undefined, { signal }),
};

/**
 * Calls the v4 API as the official plugin does: every method is tried again on transport errors, 408, 409, 429
 * and 5xx, 11 times in all, and no call has a time limit of its own.
 */
export class ApiClient {
  readonly #config: ProviderConfig;
  readonly #timing: ClientTiming;
  readonly #agent = new Agent({ keepAlive: true });
  #cancellation = new AbortController();

  constructor(config: ProviderConfig, timing = realTiming) {
    this.#config = config;
    this.#timing = timing;
  }

  /** Ends the waits and requests under way at once. Later calls are not affected. */
  cancel(): void {
    this.#cancellation.abort();
    this.#cancellation = new AbortController();
  }

  /**
   * @returns `result` of the answer; `{}` of an answer that has none, since any 2xx counts as success.
   * @throws ApiFailure
   */
  async call(call: ApiCall): Promise<Record<string, unknown>> {
    const { signal } = this.#cancellation;
    for (let retry = 0; ; retry += 1) {
      const outcome = await this.#try(call, { retry, signal });
      const headers = "status" in outcome ? outcome.headers : {};
      const again = "status" in outcome ? isRetried(outcome.status, headers) : !signal.aborted;
      if (!again || retry + 1 >= tries) return this.#finish(call, outcome);
      const delayMs = retryDelayMs(retry, headers, this.#timing);
      const cancelled = await this.#timing.wait(delayMs, signal).catch((error: Error) => error);
      if (cancelled instanceof Error) return this.#finish(call, cancelled);
    }
  }

  #finish({ method, path }: ApiCall, outcome: ApiAnswer | Error): Record<string, unknown> {
    const url = `${this.#config.baseUrl}${path}`;
    if (!("status" in outcome)) {
      const verb = `${method[0]}${method.slice(1).toLowerCase()}`;
      throw new ApiFailure(`failed to make http request: ${verb} "${url}": ${describe(outcome, url)}`);
    }
    const { status, headers, text } = outcome;
    const isJson = headers["content-type"]?.includes("json") ?? false;
    if (status < 400) return isJson ? readResult(text) : {};
    const said = `${status} ${STATUS_CODES[status] ?? ""} ${isJson ? text : ""}`;
    throw new ApiFailure(`failed to make http request: ${method} "${url}": ${said}`, status);
  }

  async #try(call: ApiCall, attempt: { retry: number; signal: AbortSignal }): Promise<ApiAnswer | Error> {
    try {
      return await this.#send(call, attempt);
    } catch (error) {
      return error as Error;
    }
  }

  #send({ method, path, body }: ApiCall, { retry, signal }: { retry: number; signal: AbortSignal }) {
    const { baseUrl, apiToken } = this.#config;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: "application/json",
      "user-agent": "failover-stacks-stand-in/6.22.1",
      "x-stainless-retry-count": String(retry),
      ...(apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` }),
      ...(text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    return new Promise<ApiAnswer>((resolve, reject) => {
      const request = send(`${baseUrl}${path}`, { method, headers, signal, agent: this.#agent });
      request.once("error", reject).once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).once("error", reject);
        response.once("end", () => {
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, text: Buffer.concat(chunks).toString() });
        });
      });
      request.end(text);
    });
  }
}

function readResult(text: string): Record<string, unknown> {
  const { result } = JSON.parse(text || "{}") as { result?: Record<string, unknown> | null };
  return result ?? {};
}

const transportErrors: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
};

function describe(error: Error, url: string): string {
  if (error.name === "AbortError") return "context canceled";
  const { code = "" } = error as NodeJS.ErrnoException;
  return `dial tcp ${new URL(url).host}: ${transportErrors[code] ?? error.message}`;
}
