import { ArmFailure } from "./arm-failure.ts";
import { realTiming, sendUntilAnswered, type Timing } from "./attempts.ts";
import type { CloudMetadata } from "./metadata.ts";
import type { ProviderConfig } from "./provider-config.ts";
import { armRetries, tokenRetries } from "./retry.ts";
import { requestToken } from "./token.ts";
import type { HttpAnswer, HttpCall, Transport } from "./transport.ts";

export interface ArmCall {
  method: HttpCall["method"];
  /** An ARM path, or the absolute URL of an operation. */
  path: string;
  /** None for an operation's URL, which has its own. */
  apiVersion?: string;
  body?: object;
}

/** The client's version is cut as the official plugin's is: azcore takes 24 characters. */
const userAgent = "pulumi-azure-native/3.28 failover-stacks-stand-in";

/** Calls ARM as the official plugin does. The token is fetched for the first call, and kept. */
export class ArmClient {
  readonly subscriptionId: string;
  readonly timing: Timing;
  readonly #config: ProviderConfig;
  readonly #metadata: CloudMetadata;
  readonly #transport: Transport;
  #token: Promise<string> | undefined;

  constructor(
    { config, metadata }: { config: ProviderConfig; metadata: CloudMetadata },
    transport: Transport,
    timing = realTiming,
  ) {
    this.subscriptionId = config.subscriptionId;
    this.timing = timing;
    this.#config = config;
    this.#metadata = metadata;
    this.#transport = transport;
  }

  /** @returns whatever the answer is. @throws Error when there is none. */
  async call({ method, path, apiVersion, body }: ArmCall, signal: AbortSignal): Promise<HttpAnswer> {
    const token = await this.#authorize(signal);
    const base = path.includes("://") ? path : `${this.#metadata.resourceManager}${escape(path)}`;
    const url = apiVersion === undefined ? base : `${base}?api-version=${apiVersion}`;
    const headers = {
      authorization: `Bearer ${token}`,
      "user-agent": userAgent,
      ...(apiVersion === undefined ? {} : { accept: "application/json" }),
      ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    };
    const call: HttpCall = {
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return sendUntilAnswered(call, this.#attempts(signal));
  }

  /** GET. @throws ArmFailure for anything but 200. */
  async get(path: string, apiVersion: string, signal: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await this.call({ method: "GET", path, apiVersion }, signal);
    if (answer.status !== 200) throw new ArmFailure(answer);
    return readBody(answer);
  }

  /** An operation's URL, made absolute, with the API's version. */
  absolute(url: string, apiVersion: string): string {
    const absolute = new URL(url, `${this.#metadata.resourceManager}/`);
    if (!absolute.searchParams.has("api-version")) absolute.searchParams.set("api-version", apiVersion);
    return absolute.href;
  }

  #authorize(signal: AbortSignal): Promise<string> {
    const { timing } = this;
    const attempts = { transport: this.#transport, timing, policy: tokenRetries, signal };
    const token = (this.#token ??= requestToken(
      { config: this.#config, metadata: this.#metadata },
      attempts,
    ));
    // The next resource tries again.
    void token.catch(() => (this.#token = undefined));
    return token;
  }

  #attempts(signal: AbortSignal) {
    return { transport: this.#transport, timing: this.timing, policy: armRetries, signal };
  }
}

/** Names may hold characters that a URL may not. What is escaped already stays. */
function escape(path: string): string {
  return encodeURI(path).replaceAll("%25", "%").replaceAll("#", "%23").replaceAll("?", "%3F");
}

/** The JSON object of an answer; `{}` when it is empty. @throws Error in the official plugin's words. */
export function readBody({ status, text }: HttpAnswer): Record<string, unknown> {
  if (text === "") return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`unexpected response from Azure: '${text}', HTTP status: ${status}`);
  }
}
