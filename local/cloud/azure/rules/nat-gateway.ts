import { armError } from "../arm-error.ts";
import type { Rules } from "../cloud.ts";
import { textAt, valuesAt } from "../document.ts";
import { referrersOf } from "../references.ts";
import { checkPublicAddress } from "./network-interface.ts";

/** The way out of subnets. Here it is control plane only: machines reach everything by the address they have. */
export const natGateway: Rules = {
  accept(change) {
    const { document } = change;
    if (textAt(document, "sku", "name") !== "Standard")
      throw armError("invalidParameter", { parameter: "sku.name" });
    document.properties.idleTimeoutInMinutes ??= 4;
    for (const id of valuesAt(document, "properties.publicIpAddresses[].id")) checkPublicAddress(id, change);
  },
  outputs: ({ key }, { store }) => ({ subnets: referrersOf(key, store).map(({ id }) => ({ id })) }),
};
