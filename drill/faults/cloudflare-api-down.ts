import type { Fault } from "./fault.ts";
import { proveRefuses } from "./reach.ts";

/** Cloudflare's control plane refuses connections: no record can be moved. */
export const cloudflareApiDown: Fault = {
  what: "Cloudflare's API refuses connections",
  apply: (plant) => plant.setCloudflareApi("refuse"),
  prove: ({ cloudflareApi }) => proveRefuses(`${cloudflareApi}/zones`),
  lift: (plant) => plant.setCloudflareApi("none"),
};
