import type { Fault } from "./fault.ts";

/** App Configuration's read API refuses connections: hosts go on with the last good value. */
export const settingsStoreDown: Fault = {
  what: "the settings store refuses connections",
  apply: (plant) => plant.setSettingsStore("refuse"),
  async prove({ settingsStore }) {
    try {
      const { status } = await fetch(`${settingsStore}/kv`, { signal: AbortSignal.timeout(1000) });
      return { proven: false, evidence: `GET ${settingsStore}/kv: ${status}` };
    } catch (error) {
      const { cause } = error as { cause?: NodeJS.ErrnoException };
      // A certificate that this process does not trust came from a server that answers.
      const code = cause?.code ?? "no answer";
      return {
        proven: code === "ECONNREFUSED" || code === "ECONNRESET",
        evidence: `GET ${settingsStore}/kv: ${code}`,
      };
    }
  },
  lift: (plant) => plant.setSettingsStore("none"),
};
