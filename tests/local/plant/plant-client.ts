import { promises as dns } from "node:dns";
import https from "node:https";
import { readFileSync } from "node:fs";
import type { Plant } from "../../../local/plant/plant.ts";

/** No real zone has this id. */
const zoneId = "0".repeat(32);

export interface Answer {
  status: number;
  body: string;
  servedBy: string;
}

/** What a customer and an operator do with a plant: change a record, look a name up, call the API. */
export class PlantClient {
  readonly #plant: Plant;
  readonly #token: string;

  constructor(plant: Plant, token: string) {
    this.#plant = plant;
    this.#token = token;
  }

  async createRecord(name: string, content: string, proxied: boolean): Promise<void> {
    const response = await fetch(`${this.#plant.cloud.apiBaseUrl}/zones/${zoneId}/dns_records`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: JSON.stringify({ type: "A", name, content, proxied, ttl: proxied ? 1 : 60 }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  async lookUp(name: string): Promise<string[]> {
    const { address, port } = this.#plant.addresses.unbound;
    const resolver = new dns.Resolver({ timeout: 1000, tries: 2 });
    resolver.setServers([`${address}:${port}`]);
    return (await resolver.resolve4(name)).toSorted();
  }

  /** Looks the name up, then GET /v1/echo there, as a client that keeps no connection. */
  async call(name: string, headers: Record<string, string> = {}): Promise<Answer> {
    const [address = ""] = await this.lookUp(name);
    return this.callAt(address, name, headers);
  }

  callAt(address: string, name: string, headers: Record<string, string> = {}): Promise<Answer> {
    const { addresses, exports } = this.#plant;
    const port = addresses.clientPort;
    const request = https.get({
      host: address,
      port,
      path: "/v1/echo?nonce=n1",
      servername: name,
      headers: { "x-api-key": "a customer's", ...headers, host: `${name}:${port}` },
      ca: readFileSync(exports.clientTrust),
      localAddress: addresses.clients,
      agent: false,
      timeout: 10_000,
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    return new Promise((resolve, reject) => {
      request.on("error", reject);
      request.on("response", (response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk)));
        response.on("error", reject);
        response.on("end", () => {
          const servedBy = String(response.headers["x-served-by"] ?? "");
          resolve({ status: response.statusCode ?? 0, body: body.trim(), servedBy });
        });
      });
    });
  }
}
