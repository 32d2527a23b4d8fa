import type { Fault } from "./fault.ts";
import { proveRefuses } from "./reach.ts";

/** App Configuration's read API refuses connections: hosts go on with the last good value. */
export const settingsStoreDown: Fault = {
  what: "the settings store refuses connections",
  apply: (plant) => plant.setSettingsStore("refuse"),
  prove: ({ settingsStore }) => proveRefuses(`${settingsStore}/kv`),
  lift: (plant) => plant.setSettingsStore("none"),
};
