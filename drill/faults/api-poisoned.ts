import type { BreakablePlant, Fault, Host } from "./fault.ts";
import { ask, waitUntilServing } from "./reach.ts";

/** A bad release of an API server: its health check is green, and its answers are wrong. */
export const apiMainPoisoned: Fault = poisoned(
  "api-main",
  "the main API server answers wrongly, with a green health check",
);
export const apiBackupPoisoned: Fault = poisoned(
  "api-backup",
  "the backup API server answers wrongly, with a green health check",
);

function poisoned(host: "api-main" | "api-backup", what: string): Fault {
  return {
    what,
    apply: (plant) => rename(plant, host, [host, `${host}-poisoned`]),
    async prove(plant) {
      const health = await ask(plant, host, "/healthz");
      const { body } = await ask(plant, host, "/v1/echo?nonce=proof");
      const [said = body] = /"server":"[^"]*"/.exec(body) ?? [];
      const wrong = health.status === 200 && said === `"server":"${host}-poisoned"`;
      return { proven: wrong, evidence: `${host}: /healthz ${health.status}, /v1/echo ${said}` };
    },
    async lift(plant) {
      await rename(plant, host, [`${host}-poisoned`, host]);
      await waitUntilServing(plant, host);
    },
  };
}

/** The stand-in for the company's API says who it is; a name that no client knows is a wrong answer. */
async function rename(plant: BreakablePlant, host: Host, [from, to]: [string, string]): Promise<void> {
  await plant.ssh(
    host,
    `sed -i 's/"name": "${from}"/"name": "${to}"/' /etc/failover/host.json && systemctl restart failover-api.service`,
  );
}
