import type { CheckedCloudSettings } from "../cloud-settings.ts";
import { ApiListener } from "./api-listener.ts";
import { createApi } from "./api.ts";
import { Publisher, publishTo } from "./data-plane.ts";
import { RecordStore } from "./record-store.ts";
import { ZoneSettings } from "./zone.ts";

/** Publishes the empty zone, then opens the API. */
export async function startCloudflare({ address, cloudflare }: CheckedCloudSettings) {
  const { port, apiToken, zone: zoneName, recordLimit, dataPlane, edgeAddresses, ttlDivisor } = cloudflare;
  const store = new RecordStore({ zoneName, recordLimit });
  if (dataPlane) {
    const publish = publishTo({ zoneName, edgeAddresses, ttlDivisor, ...dataPlane });
    const publisher = new Publisher(publish, Math.floor(Date.now() / 1000));
    store.subscribe((records) => publisher.publish(records));
    // At this point NSD may not run yet; it reads the file when it starts.
    await publisher.publish([]).catch(() => {});
  }
  const zone = { store, settings: new ZoneSettings(), createdOn: new Date().toISOString() };
  const listener = new ApiListener({ address, port, handle: createApi({ token: apiToken, zone }) });
  await listener.open();
  return { listener, store };
}
