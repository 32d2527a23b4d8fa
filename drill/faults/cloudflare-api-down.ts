import type { Fault } from "./fault.ts";

/** Cloudflare's control plane refuses connections: no record can be moved. */
export const cloudflareApiDown: Fault = {
  what: "Cloudflare's API refuses connections",
  apply: (plant) => plant.setCloudflareApi("refuse"),
  async prove({ cloudflareApi }) {
    try {
      const { status } = await fetch(`${cloudflareApi}/zones`, { signal: AbortSignal.timeout(1000) });
      return { proven: false, evidence: `GET ${cloudflareApi}/zones: ${status}` };
    } catch (error) {
      const { cause } = error as { cause?: NodeJS.ErrnoException };
      return { proven: true, evidence: `GET ${cloudflareApi}/zones: ${cause?.code ?? "no answer"}` };
    }
  },
  lift: (plant) => plant.setCloudflareApi("none"),
};
