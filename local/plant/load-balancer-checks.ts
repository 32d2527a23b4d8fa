import { serverChecks } from "./haproxy-admin.ts";
import { locate } from "./machine/place.ts";
import type { Place } from "./machine/place.ts";
import { poll } from "./readiness.ts";

/** Where Debian's package has it, and infra/hosts too. */
const adminSocket = "/run/haproxy/admin.sock";
const checksDeadlineMs = 10_000;

/** Servers that a load balancer's last health checks found well: all of them, and at least one. */
export function seesItsServers(place: Place): Promise<void> {
  return poll({
    deadlineMs: checksDeadlineMs,
    until: async () => {
      const checks = await serverChecks(locate(place, adminSocket));
      const seen = checks.map(({ server, status, check }) => `${server} ${status} ${check}`).join(", ");
      const well = checks.every(({ status, check }) => status === "UP" && check === "L7OK");
      return (well && checks.length > 0) || seen || "no server yet";
    },
  });
}
