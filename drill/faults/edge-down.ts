import type { Fault } from "./fault.ts";
import { proveUnreachable } from "./reach.ts";

/** Cloudflare's data plane swallows every connection, open ones too. Its API is untouched. */
export const edgeDown: Fault = edge("black-hole", "the edge answers nothing (black hole)");

/** Cloudflare's data plane resets every connection. Its API is untouched. */
export const edgeDownReset: Fault = edge("reset", "the edge resets every connection");

function edge(mode: "black-hole" | "reset", what: string): Fault {
  return {
    what,
    apply: (plant) => plant.setNic("edge", mode),
    prove: (plant) => proveUnreachable(plant, "edge"),
    lift: (plant) => plant.setNic("edge", "pass"),
  };
}
