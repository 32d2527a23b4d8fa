import * as v from "valibot";
import { faultModes, type ApiListener } from "./api-listener.ts";
import type { ControlRoute } from "../control-server.ts";
import type { RecordStore } from "./record-store.ts";

const faultSchema = v.strictObject({
  mode: v.picklist(faultModes),
  retryAfterSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** The part of the control API that belongs to Cloudflare: its fault, its request log, its records. */
export function listControlRoutes(listener: ApiListener, store: RecordStore): ControlRoute[] {
  return [
    {
      method: "PUT",
      path: "/-/cloudflare/fault",
      handle: async ({ body }) => {
        const { mode, retryAfterSeconds } = v.parse(faultSchema, body);
        await listener.setFault(retryAfterSeconds === undefined ? { mode } : { mode, retryAfterSeconds });
        return listener.fault;
      },
    },
    { method: "GET", path: "/-/cloudflare/fault", handle: () => listener.fault },
    {
      method: "GET",
      path: "/-/cloudflare/requests",
      handle: ({ query }) => listener.log.since(Number(query.get("since") ?? 0)),
    },
    { method: "GET", path: "/-/cloudflare/records", handle: () => store.list() },
  ];
}
