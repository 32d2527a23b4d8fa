import { once } from "node:events";
import { connect } from "node:tls";
import type { BreakablePlant, Host, Proof } from "./fault.ts";

/** Longest that a direct connection may take before the host counts as silent. */
const boundMs = 1000;

/** Connects to a host as a client would, past everything in front of it. @returns "answers", "silent", or an error code */
async function reach(plant: BreakablePlant, host: Host): Promise<string> {
  const { address, port, servername, ca } = plant.reach(host);
  const socket = connect({ host: address, port, servername, ca, ALPNProtocols: ["http/1.1"] });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(boundMs) });
    return "answers";
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    return name === "AbortError" || name === "TimeoutError" ? "silent" : (code ?? name);
  } finally {
    socket.destroy();
  }
}

/** Proof that a host does not answer on its own address. */
export async function proveUnreachable(plant: BreakablePlant, host: Host): Promise<Proof> {
  const outcome = await reach(plant, host);
  const { address, port } = plant.reach(host);
  return { proven: outcome !== "answers", evidence: `${host} ${address}:${port}: ${outcome}` };
}
