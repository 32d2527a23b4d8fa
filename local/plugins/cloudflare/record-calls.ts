import type { Properties } from "../rpc.ts";
import { type ApiClient, ApiFailure } from "./api-client.ts";
import { afterWrite, fromAnswer, inputsOf, toBody } from "./record-properties.ts";

/** What the engine keeps of a record. */
export interface RecordState {
  id: string;
  properties: Properties;
}

/**
 * POST.
 * @throws Error for a proxied record with a TTL, before any request; ApiFailure.
 */
export async function createRecord(client: ApiClient, news: Properties): Promise<RecordState> {
  if (news.proxied === true && news.ttl !== 1) throw new Error("ttl must be set to 1 when `proxied` is true");
  const result = await client.call({ method: "POST", path: recordsPath(news), body: toBody(news) });
  return { id: idOf(result), properties: written(news, result) };
}

/** PUT of the whole record, without a GET before or after. What the program leaves open stays as recorded. */
export async function updateRecord(
  client: ApiClient,
  { id, properties: olds }: RecordState,
  news: Properties,
): Promise<Properties> {
  const { settings, tags } = olds;
  const body = toBody({ settings: settings ?? {}, tags: tags ?? [], ...news });
  const result = await client.call({ method: "PUT", path: `${recordsPath(news)}/${id}`, body });
  return written(news, result);
}

/** GET. A record that is gone is undefined. An id `zone/record` is an import, which asks twice. */
export async function readRecord(
  client: ApiClient,
  { id, properties }: RecordState,
): Promise<(RecordState & { inputs: Properties }) | undefined> {
  const [imported, record] = id.includes("/") ? id.split("/") : [undefined, id];
  const zoneId = imported ?? properties.zoneId;
  if (typeof zoneId !== "string" || !record) {
    throw new Error(`invalid ID: expected urlencoded segments "<zone_id>/<dns_record_id>", got "${id}"`);
  }
  const path = `/zones/${zoneId}/dns_records/${record}`;
  try {
    if (imported !== undefined) await client.call({ method: "GET", path });
    const outputs = fromAnswer(await client.call({ method: "GET", path }), zoneId);
    return { id: record, properties: outputs, inputs: inputsOf(outputs) };
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return undefined;
    throw error;
  }
}

/** DELETE. A record that is gone already is an error, as with the official plugin: refresh first. */
export async function deleteRecord(client: ApiClient, { id, properties }: RecordState): Promise<void> {
  await client.call({ method: "DELETE", path: `${recordsPath(properties)}/${id}` });
}

function recordsPath({ zoneId }: Properties): string {
  return `/zones/${String(zoneId)}/dns_records`;
}

/** The official plugin, answered without an id, prints Go's nil into it and goes on. */
function idOf({ id }: Record<string, unknown>): string {
  return typeof id === "string" ? id : "{<nil>}";
}

function written(news: Properties, result: Record<string, unknown>): Properties {
  return afterWrite(news, fromAnswer(result, String(news.zoneId)));
}
