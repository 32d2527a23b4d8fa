import type { BreakablePlant, Fault, Host } from "./fault.ts";
import { ask } from "./reach.ts";

const good = "/healthz";
/** A path that no API server has: every server counts as down, in a configuration that HAProxy finds valid. */
const bad = "/health";

/** A bad version goes out through the pipeline: it reaches the main load balancer, does not serve, and stops there. */
export const loadBalancerMisconfigured: Fault = {
  what: "a bad HAProxy configuration is rolled out by pulumi up -s primary",
  async apply(plant) {
    const refused = await plant.rollOut("healthPath", bad);
    if (refused === null)
      throw new Error("a configuration that does not serve went out to both load balancers");
  },
  async prove(plant) {
    const main = await misserves(plant, "load-balancer-main");
    const backup = await misserves(plant, "load-balancer-backup");
    return { proven: main.proven && !backup.proven, evidence: `${main.evidence}; ${backup.evidence}` };
  },
  async lift(plant) {
    const refused = await plant.rollOut("healthPath", good);
    if (refused !== null) throw new Error(`the good configuration did not go out: ${refused}`);
  },
};

/** Somebody edits both load balancers by hand, past the pipeline and its rule. */
export const loadBalancersMisconfigured: Fault = {
  what: "both load balancers get a bad HAProxy configuration by hand",
  apply: (plant) => edit(plant, [good, bad]),
  async prove(plant) {
    const main = await misserves(plant, "load-balancer-main");
    const backup = await misserves(plant, "load-balancer-backup");
    return { proven: main.proven && backup.proven, evidence: `${main.evidence}; ${backup.evidence}` };
  },
  lift: (plant) => edit(plant, [bad, good]),
};

async function edit(plant: BreakablePlant, [from, to]: [string, string]): Promise<void> {
  const file = "/etc/haproxy/haproxy.cfg";
  const command = `sed -i 's,uri ${from} ,uri ${to} ,' ${file} && systemctl reload haproxy`;
  await Promise.all(hosts.map((host) => plant.ssh(host, command)));
}

const hosts: readonly Host[] = ["load-balancer-main", "load-balancer-backup"];

async function misserves(plant: BreakablePlant, host: Host) {
  const { status, body } = await ask(plant, host, "/v1/echo?nonce=proof");
  return { proven: status !== 200, evidence: `${host}: /v1/echo ${status ?? body}` };
}
