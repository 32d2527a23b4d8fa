import { readFileSync } from "node:fs";
import https from "node:https";
import { json } from "node:stream/consumers";
import type { Plant } from "../../../local/plant/plant.ts";
import { poll } from "../../../local/plant/readiness.ts";

export interface ArmAnswer {
  status: number;
  /** Poll there until the operation has ended. */
  operation: string | undefined;
  body: Record<string, unknown>;
}

interface Sent {
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What Resource Manager is asked for a plant's machines, as the deployer. */
export class ArmClient {
  readonly #plant: Plant;
  readonly #ca: Buffer;
  #token = "";

  private constructor(plant: Plant) {
    this.#plant = plant;
    this.#ca = readFileSync(plant.exports.clientsAuthority);
  }

  static async signIn(plant: Plant): Promise<ArmClient> {
    const client = new ArmClient(plant);
    client.#token = await client.tokenFor(`https://${plant.cloud.arm.metadataHost}`);
    return client;
  }

  /** The deployer's, for another service of Azure's. */
  async tokenFor(audience: string): Promise<string> {
    const { metadataHost, tenantId, clientId, clientSecret } = this.#plant.cloud.arm;
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${audience}/.default`,
    });
    const url = `https://${metadataHost}/${tenantId}/oauth2/v2.0/token`;
    const { body } = await this.#send(url, { method: "POST", body: form.toString() });
    return String(body["access_token"]);
  }

  id(path: string): string {
    return `/subscriptions/${this.#plant.cloud.arm.subscriptionId}/${path}`;
  }

  /** Resolves when the operation has ended. `version` is the api-version. */
  async carryOut(
    method: string,
    path: string,
    { version, body }: { version: string; body?: object },
  ): Promise<ArmAnswer> {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const url = `https://${this.#plant.cloud.arm.metadataHost}${this.id(path)}?api-version=${version}`;
    let answer = await this.#send(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const { operation } = answer;
    if (answer.status >= 400 || operation === undefined) return answer;
    await poll({
      deadlineMs: 60_000,
      until: async () => {
        answer = await this.#send(operation, { method: "GET", headers });
        return (answer.status !== 202 && answer.body["status"] !== "InProgress") || "in progress";
      },
    });
    return answer;
  }

  #send(url: string, { body, ...options }: Sent): Promise<ArmAnswer> {
    const request = https.request(url, { ...options, ca: this.#ca, agent: false });
    request.end(body);
    return new Promise((resolve, reject) => {
      request.on("error", reject).on("response", (response) => {
        const { "azure-asyncoperation": asyncOperation, location } = response.headers;
        const operation = typeof asyncOperation === "string" ? asyncOperation : location;
        // Some answers have no body at all.
        const content = json(response).catch(() => ({})) as Promise<Record<string, unknown>>;
        content.then((read) => resolve({ status: response.statusCode ?? 0, operation, body: read }), reject);
      });
    });
  }
}
