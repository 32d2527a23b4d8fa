import type { ExecutionContext } from "ava";
import Cloudflare, { APIError } from "cloudflare";
import { ApiListener } from "../../../../local/cloud/cloudflare/api-listener.ts";
import { createApi } from "../../../../local/cloud/cloudflare/api.ts";
import { RecordStore } from "../../../../local/cloud/cloudflare/record-store.ts";
import { ZoneSettings, zoneId } from "../../../../local/cloud/cloudflare/zone.ts";

export const apiToken = "local-cloud-token-0123456789abcdefghijkl";
export const zone_id = zoneId;

interface Options {
  recordLimit?: number;
  limit?: { requests: number; windowSeconds: number };
  nowMs?: () => number;
}

/** Cloudflare's API on an ephemeral port, with the official SDK's client for it. Closed when the test ends. */
export async function openApi(t: ExecutionContext, options: Options = {}) {
  const { recordLimit = 200, ...limits } = options;
  const store = new RecordStore({ zoneName: "example.com", recordLimit });
  const zone = { store, settings: new ZoneSettings(), createdOn: new Date().toISOString() };
  const handle = createApi({ token: apiToken, zone, ...limits });
  const listener = new ApiListener({ address: "127.0.0.1", port: 0, handle });
  await listener.open();
  t.teardown(() => listener.close());
  const client = new Cloudflare({ apiToken, baseURL: `${listener.url}/client/v4`, maxRetries: 0 });
  return { client, listener, store, url: listener.url };
}

/** The error an SDK call fails with; the test fails if it does not fail. */
export async function failureOf(t: ExecutionContext, call: Promise<unknown>): Promise<ApiFailure> {
  const error = await t.throwsAsync(call, { instanceOf: APIError });
  return error as unknown as ApiFailure;
}

interface ApiFailure {
  name: string;
  status: number;
  headers: Headers;
  errors: { code: number; message: string }[];
}
