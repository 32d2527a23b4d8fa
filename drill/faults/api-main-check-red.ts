import type { BreakablePlant, Fault } from "./fault.ts";
import { ask, waitUntilServing } from "./reach.ts";

/** The health check of a server that serves well fails: load balancers take it out although nothing is wrong with it. */
export const apiMainCheckRed: Fault = {
  what: "the main API server's health check fails although it serves",
  apply: (plant) => replaceRoute(plant, ["/healthz", "/healthz-moved"]),
  async prove(plant) {
    const health = await ask(plant, "api-main", "/healthz");
    const { status } = await ask(plant, "api-main", "/v1/echo?nonce=proof");
    return {
      proven: health.status !== null && health.status !== 200 && status === 200,
      evidence: `api-main: /healthz ${health.status}, /v1/echo ${status}`,
    };
  },
  async lift(plant) {
    await replaceRoute(plant, ["/healthz-moved", "/healthz"]);
    await waitUntilServing(plant, "api-main");
  },
};

async function replaceRoute(plant: BreakablePlant, [from, to]: [string, string]): Promise<void> {
  const program = "/opt/failover/api-server.mjs";
  // A program that no longer has the route fails here, and not as a fault that nobody sees.
  const edit = `grep -q '"GET ${from}"' ${program} && sed -i 's,"GET ${from}","GET ${to}",' ${program}`;
  await plant.ssh("api-main", `${edit} && systemctl restart failover-api.service`);
}
