import type { SetUp } from "../drill/set-up.ts";

/** A record as the cloud's API lists it; only what is read here. */
export interface CloudRecord {
  id: string;
  type: string;
  name: string;
  content: string;
  proxied: boolean;
  ttl: number;
}

export interface CloudZone {
  id: string;
  name: string;
}

/** The cloud's API for a tool that is no Pulumi: where it is, and what it holds. */
export class Cloud {
  readonly apiBaseUrl: string;
  readonly token: string;
  readonly #clientName: string;
  readonly #origins: { main: string; backup: string };

  constructor({ local, plant, workspace }: SetUp) {
    this.apiBaseUrl = local.plant.cloud.apiBaseUrl;
    this.token = workspace.env["CLOUDFLARE_API_TOKEN"] ?? "";
    this.#clientName = plant.clientName;
    this.#origins = local.endpoints.loadBalancers;
  }

  async zone(): Promise<CloudZone> {
    const [zone] = await this.#get<CloudZone[]>("/zones");
    if (!zone) throw new Error("the cloud has no zone");
    return zone;
  }

  async records({ id }: CloudZone): Promise<CloudRecord[]> {
    return this.#get<CloudRecord[]>(`/zones/${id}/dns_records`);
  }

  isClientRecord({ type, name }: CloudRecord): boolean {
    return type === "A" && name === this.#clientName;
  }

  /** The record as a switch between the load balancers leaves it. */
  switched(record: CloudRecord): CloudRecord {
    const { main, backup } = this.#origins;
    return { ...record, content: record.content === main ? backup : main };
  }

  async #get<T>(path: string): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.apiBaseUrl}${path}`, { headers });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { result: T }).result;
  }
}
