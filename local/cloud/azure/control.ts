import * as v from "valibot";
import type { ControlRoute } from "../control-server.ts";
import type { Cloud } from "./cloud.ts";
import { durationModes } from "./durations.ts";
import { faultModes } from "./listener.ts";
import type { Azure } from "./start.ts";

const faultSchema = v.strictObject({ mode: v.picklist(faultModes) });
const regionSchema = v.strictObject({ location: v.string(), writes: v.picklist(["served", "refused"]) });
const durationsSchema = v.strictObject({ mode: v.picklist(durationModes) });
const quotaSchema = v.strictObject({ cores: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))) });
const refusalSchema = v.strictObject({
  type: v.string(),
  name: v.optional(v.string()),
  status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
  code: v.string(),
  message: v.string(),
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
});

const set = (path: string, handle: (body: unknown) => unknown): ControlRoute => ({
  method: "PUT",
  path: `/-/azure/${path}`,
  handle: ({ body }) => handle(body),
});

const get = (path: string, handle: (query: URLSearchParams) => unknown): ControlRoute => ({
  method: "GET",
  path: `/-/azure/${path}`,
  handle: ({ query }) => handle(query),
});

/** The part of the control API that belongs to Azure: its faults and switches, and what it was asked. */
export function listAzureRoutes(azure: Azure): ControlRoute[] {
  return [...listFaults(azure), ...listSwitches(azure.cloud, azure.setRegion), ...listReads(azure)];
}

function listFaults({ listeners: { arm, appConfiguration }, faults }: Azure): ControlRoute[] {
  const modeOf = (body: unknown) => v.parse(faultSchema, body).mode;
  return [
    set("fault", async (body) => {
      await arm.setFault("resources", modeOf(body));
      return faults();
    }),
    set("token-fault", async (body) => {
      await arm.setFault("tokens", modeOf(body));
      return faults();
    }),
    set("app-configuration/fault", async (body) => {
      await appConfiguration.setFault("reads", modeOf(body));
      return faults();
    }),
    get("fault", faults),
  ];
}

function listSwitches({ switches, durations }: Cloud, setRegion: Azure["setRegion"]): ControlRoute[] {
  return [
    set("region", (body) => {
      const { location, writes } = v.parse(regionSchema, body);
      setRegion(location, writes);
      return { refused: switches.downRegions };
    }),
    set("durations", (body) => {
      durations.mode = v.parse(durationsSchema, body).mode;
      return { mode: durations.mode, seconds: durations.list() };
    }),
    set("quota", (body) => {
      switches.cores = v.parse(quotaSchema, body).cores;
      return { cores: switches.cores };
    }),
    set("refusal", (body) => {
      switches.addRefusal(v.parse(refusalSchema, body));
      return { refusals: switches.refusals };
    }),
  ];
}

function listReads({ listeners, cloud }: Azure): ControlRoute[] {
  const since = (query: URLSearchParams) => Number(query.get("since") ?? 0);
  return [
    get("requests", (query) => listeners.arm.requests("resources", since(query))),
    get("token-requests", (query) => listeners.arm.requests("tokens", since(query))),
    get("app-configuration/requests", (query) => listeners.appConfiguration.requests("reads", since(query))),
    get("resources", () =>
      cloud.store.all().map(({ id, state, row }) => ({ id, state, dataPlane: row.dataPlane })),
    ),
    get("firewall", () =>
      Object.fromEntries(cloud.firewall.machines().map((id) => [id, cloud.firewall.rulesOf(id)])),
    ),
  ];
}
