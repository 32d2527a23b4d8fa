import type { Fault } from "./fault.ts";

/** Resource Manager refuses every change of what lies in the primary region; what runs there goes on. */
export const primaryControlPlaneDown: Fault = {
  what: "Resource Manager refuses changes in the primary region",
  apply: (plant) => plant.setPrimaryWrites("refused"),
  async prove(plant) {
    const { status, code } = await plant.tryPrimaryWrite();
    return {
      proven: status >= 500,
      evidence: `PATCH of the primary resource group: ${status}${code ? ` ${code}` : ""}`,
    };
  },
  lift: (plant) => plant.setPrimaryWrites("served"),
};
