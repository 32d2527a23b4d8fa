import { readFileSync } from "node:fs";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { ClientSecretCredential } from "@azure/identity";
import type { ExecutionContext } from "ava";
import type { Plant } from "../../../../local/cloud/azure/plant.ts";
import { PlantRefusal } from "../../../../local/cloud/azure/plant.ts";
import type { PlantCall, ReplicationLag } from "../../../../local/cloud/azure/plant-protocol.ts";
import { startAzure, type AzureOptions } from "../../../../local/cloud/azure/start.ts";
import { plantAddresses } from "../../../../local/plant/addresses.ts";
import { createTlsFiles } from "../../../../local/plant/tls.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const nobody = "00000000-0000-0000-0000-000000000000";
export const deployer = "00000000-0000-0000-0000-000000000001";
export const subscription = `/subscriptions/${nobody}`;

type NamesOf<Call> = Call extends Call ? keyof Call : never;
type Kind = NamesOf<PlantCall>;
type OrderOf<K extends Kind> = Extract<PlantCall, Record<K, unknown>>[K];
interface Failure {
  code: string;
  message: string;
}

/** A plant that does at once what it is asked, and remembers it. As over its real streams, nothing is shared. */
export class FakePlant implements Plant {
  readonly calls: PlantCall[] = [];
  /** What the next boots end with, first come first served; undefined is success. */
  readonly boots: (Failure | Promise<void> | undefined)[] = [];
  /** What the next order of a kind ends with: an error, or success when the promise settles. */
  readonly next: Partial<Record<Kind, Failure | Promise<void>>> = {};
  /** What the primary side knows of its replicas, by database. */
  readonly lags = new Map<string, ReplicationLag>();

  async call(call: PlantCall): Promise<unknown> {
    this.calls.push(structuredClone(call));
    const [kind] = Object.keys(call) as [Kind];
    const outcome = kind === "boot" ? this.boots.shift() : this.next[kind];
    delete this.next[kind];
    if (outcome instanceof Promise) await outcome;
    else if (outcome) throw new PlantRefusal(outcome);
    if ("replicateDatabase" in call)
      this.lags.set(call.replicateDatabase.database, { seconds: 0, asOf: new Date().toISOString() });
    if (!("replicationLag" in call)) return undefined;
    return structuredClone(this.lags.get(call.replicationLag.database) ?? null);
  }

  /** The orders of one kind, in their order. */
  asked<K extends Kind>(kind: K): OrderOf<K>[] {
    const calls = this.calls.filter((call): call is Extract<PlantCall, Record<K, unknown>> => kind in call);
    return calls.map((call) => call[kind] as OrderOf<K>);
  }

  /** The kinds of all orders but of firewalls. */
  kinds(): string[] {
    return this.calls.flatMap((call) => Object.keys(call)).filter((kind) => kind !== "firewall");
  }
}

let certificates: Promise<{ pem: string; ca: string; folder: string }> | undefined;

/** For 127.0.0.1 and 127.0.0.2, once per test process. */
export function certify() {
  certificates ??= (async () => {
    const folder = temporaryFolder();
    const [resourceManager, appConfiguration] = ["127.0.0.1", "127.0.0.2"].map((address) => ({
      address,
      port: 0,
    }));
    const block = plantAddresses({ block: 99, clientPort: 8443 });
    const addresses = { ...block, resourceManager: resourceManager!, appConfiguration: appConfiguration! };
    const files = await createTlsFiles({ folder, zoneName: "azure.test", addresses });
    return { folder, pem: files.azure, ca: readFileSync(files.clientsAuthority, "utf8") };
  })();
  return certificates;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // Bodies of many shapes: tests look at what they name.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

interface Request {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

const defaultVersions: readonly (readonly [RegExp, string])[] = [
  [/Microsoft\.Network/i, "2024-05-01"],
  [/Microsoft\.Compute/i, "2024-11-01"],
  [/Microsoft\.Sql/i, "2023-08-01"],
  [/Microsoft\.Storage/i, "2024-01-01"],
  [/Microsoft\.AppConfiguration/i, "2024-05-01"],
  [/Microsoft\.ManagedIdentity/i, "2023-01-31"],
  [/Microsoft\.Insights/i, "2021-05-01-preview"],
  [/Microsoft\.Authorization/i, "2022-04-01"],
];

/** Calls Azure's APIs as the deployer. */
export class AzureClient {
  readonly url: string;
  readonly #agent: https.Agent;
  #bearer = "";

  constructor(url: string, agent: https.Agent) {
    this.url = url;
    this.#agent = agent;
  }

  static async signIn(t: ExecutionContext, url: string): Promise<AzureClient> {
    const { ca } = await certify();
    const agent = new https.Agent({ ca, keepAlive: true });
    t.teardown(() => agent.destroy());
    const client = new AzureClient(url, agent);
    client.#bearer = `Bearer ${await client.token()}`;
    return client;
  }

  raw(url: string, request: Request = {}): Promise<Answer> {
    return send(url, { ...request, agent: this.#agent });
  }

  async token(scope = `${this.url}/.default`): Promise<string> {
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: nobody,
      client_secret: "a-secret",
      scope,
    });
    const target = `${this.url}/${nobody}/oauth2/v2.0/token`;
    return (await this.raw(target, { method: "POST", body: form.toString() })).body.access_token;
  }

  /** With the deployer's token. `target` is below the subscription unless it starts with a slash. */
  call(method: string, target: string, body?: object): Promise<Answer> {
    return this.raw(urlOf(this.url, target), {
      method,
      headers: { authorization: this.#bearer, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  /** The same, then polls until the operation has ended; the last answer. */
  async settle(method: string, target: string, body?: object): Promise<Answer> {
    const first = await this.call(method, target, body);
    const poll = first.headers["azure-asyncoperation"] ?? first.headers.location;
    if (typeof poll !== "string") return first;
    return ended(first, () => this.raw(poll, { headers: { authorization: this.#bearer } }));
  }
}

/** Azure on ephemeral ports of 127.0.0.1 and 127.0.0.2, closed when the test ends. */
export async function openAzure(t: ExecutionContext, options: Partial<AzureOptions> = {}) {
  const { pem, ca } = await certify();
  const plant = new FakePlant();
  const azure = await startAzure(
    {
      address: "127.0.0.1",
      port: 0,
      appConfigurationAddress: "127.0.0.2",
      appConfigurationPort: 0,
      certificate: pem,
      tenantId: nobody,
      subscriptionId: nobody,
      clientId: nobody,
      clientSecret: "a-secret",
      principalId: deployer,
      publicAddresses: { reserved: { "lb-ip": "127.0.5.5" }, pool: "127.0.6.0/28" },
      durations: "instant",
      ...options,
    },
    plant,
  );
  t.teardown(() => azure.close());
  const { url } = azure.listeners.arm;
  const client = await AzureClient.signIn(t, url);
  const credential = new ClientSecretCredential(nobody, nobody, "a-secret", {
    authorityHost: url,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  });
  const call: AzureClient["call"] = (...of) => client.call(...of);
  const settle: AzureClient["settle"] = (...of) => client.settle(...of);
  const raw: AzureClient["raw"] = (...of) => client.raw(...of);
  const token: AzureClient["token"] = (...of) => client.token(...of);
  const official = { endpoint: url, tlsOptions: { ca }, retryOptions: { maxRetries: 0 } };
  return { azure, plant, url, ca, credential, client: official, call, settle, raw, token };
}

export type TestCloud = Awaited<ReturnType<typeof openAzure>>;

/** Polls as fast as it is answered: nothing here takes time of its own but what the test holds back. */
async function ended(first: Answer, poll: () => Promise<Answer>): Promise<Answer> {
  if (first.status >= 400) return first;
  for (;;) {
    const answer = await poll();
    const running = answer.status === 202 || answer.body?.status === "InProgress";
    if (!running) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function urlOf(base: string, target: string): string {
  const whole = target.startsWith("/") ? target : `${subscription}/${target}`;
  if (/[?&]api-version=/.test(whole)) return base + whole;
  const version = defaultVersions.findLast(([pattern]) => pattern.test(whole))?.[1] ?? "2024-03-01";
  return `${base}${whole}${whole.includes("?") ? "&" : "?"}api-version=${version}`;
}

interface Sending extends Request {
  agent: https.Agent;
}

async function send(url: string, { method = "GET", headers = {}, body, agent }: Sending): Promise<Answer> {
  const request = https.request(url, { method, headers, agent }).end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const content = await text(response);
  const json = content.startsWith("{") ? JSON.parse(content) : content;
  return { status: response.statusCode ?? 0, headers: response.headers, body: json };
}
