import type { Fault } from "./fault.ts";
import { proveNoTls } from "./reach.ts";

/** The primary region's storage account swallows every connection, open ones too; what it holds stays. */
export const storagePrimaryDown: Fault = {
  what: "storage in the primary region answers nothing (black hole)",
  apply: ({ storage }) => storage.setRegion("primary", "cut"),
  prove: ({ storage }) => proveNoTls("storage-primary", storage.addressOf("primary")),
  lift: ({ storage }) => storage.setRegion("primary", "served"),
};
