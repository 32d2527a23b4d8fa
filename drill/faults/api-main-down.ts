import type { Fault } from "./fault.ts";
import { proveUnreachable } from "./reach.ts";

/** The main API server's process dies; its machine still answers, with refused connections. */
export const apiMainDown: Fault = {
  what: "the main API server's process is killed",
  apply: (plant) => plant.killServer("api-main"),
  prove: (plant) => proveUnreachable(plant, "api-main"),
  lift: (plant) => plant.startServer("api-main"),
};
