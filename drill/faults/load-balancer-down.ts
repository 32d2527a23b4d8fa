import type { Fault, Host } from "./fault.ts";
import { proveUnreachable } from "./reach.ts";

/** The virtual machine of a load balancer is gone: no process, and no answer from its address. */
export const loadBalancerMainDown: Fault = machineLost(
  "load-balancer-main",
  "the main load balancer is gone",
);
export const loadBalancerBackupDown: Fault = machineLost(
  "load-balancer-backup",
  "the backup load balancer is gone",
);

function machineLost(host: Host, what: string): Fault {
  return {
    what,
    async apply(plant) {
      await plant.setNic(host, "black-hole");
      await plant.killServer(host);
    },
    prove: (plant) => proveUnreachable(plant, host),
    async lift(plant) {
      await plant.startServer(host);
      await plant.setNic(host, "pass");
    },
  };
}
