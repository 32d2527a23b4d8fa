import type { Fault } from "./fault.ts";
import { proveSilent } from "./reach.ts";

/** The primary region's storage account swallows every connection, open ones too; what it holds stays. */
export const storagePrimaryDown: Fault = {
  what: "storage in the primary region answers nothing (black hole)",
  apply: ({ storage }) => storage.setRegion("primary", "cut"),
  prove: ({ storage }) => proveSilent("storage-primary", storage.addressOf("primary"), clientHello),
  lift: ({ storage }) => storage.setRegion("primary", "served"),
};

/** The start of any TLS record: a server answers it, be it with an alert. */
const clientHello = Buffer.from([22, 3, 1, 0, 1, 0]);
