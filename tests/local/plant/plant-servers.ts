import { readFileSync } from "node:fs";
import path from "node:path";
import { parse, stringify } from "yaml";
import { apiServerCloudConfig, loadBalancerCloudConfig } from "../../../infra/hosts/index.ts";
import type { LoadBalancerOptions, ServerOptions, SshHostKey } from "../../../infra/hosts/index.ts";
import { adminUsername, machineName, serverNames } from "../../../infra/names.ts";
import type { ServerName } from "../../../infra/names.ts";
import { mainAddress } from "../../../local/plant/addresses.ts";
import type { Plant } from "../../../local/plant/plant.ts";

/**
 * Boots the four servers with the customData of the primary stack, and no Azure to ask for it. The API servers are the
 * real ones with nothing behind them: whoever has a key is a customer.
 */
export async function bootServers(plant: Plant, zoneName: string): Promise<void> {
  const rules = [{ name: "all", priority: 100, access: "Allow" as const, sources: ["*"], ports: ["*"] }];
  await Promise.all(
    serverNames.map(async (name) => {
      const id = `/subscriptions/0/resourcegroups/saas-primary/providers/microsoft.compute/virtualmachines/${machineName("saas", name)}`;
      await plant.machines.serve({ firewall: { machine: id, rules } });
      await plant.machines.serve({
        boot: {
          id,
          name,
          region: "westeurope",
          addresses: [mainAddress(plant.addresses, name).address],
          customData: customDataOf(plant, name, zoneName),
          adminUsername,
          sshPublicKeys: [secret(plant, "deploy-key.pub")],
          identity: null,
        },
      });
    }),
  );
  await plant.serversServe();
}

/** What the primary stack tells the main or backup load balancer of this plant. */
export function haproxyOptions(
  plant: Plant,
  computerName: ServerName,
  zoneName: string,
): LoadBalancerOptions {
  return {
    ...serverOptions(plant, computerName, zoneName),
    apiServers: pairOf(plant, "api"),
    trust: secret(plant, "trust.pem"),
  };
}

function customDataOf(plant: Plant, computerName: ServerName, zoneName: string): string {
  if (computerName.startsWith("load-balancer-")) {
    return loadBalancerCloudConfig(haproxyOptions(plant, computerName, zoneName));
  }
  const loadBalancers = pairOf(plant, "load-balancer");
  return withoutBackend(
    apiServerCloudConfig({ ...serverOptions(plant, computerName, zoneName), loadBalancers }),
  );
}

function withoutBackend(customData: string): string {
  const document = parse(customData) as { write_files: { path: string; content: string }[] };
  const backend = document.write_files.find(({ path: file }) => file === "/opt/failover/backend.mjs");
  if (!backend) throw new Error("API servers have no program backend.mjs");
  backend.content = "export const openBackend = () => ({ workFor: (key, work) => work() });";
  return `#cloud-config\n${stringify(document)}`;
}

function pairOf({ addresses }: Plant, kind: "load-balancer" | "api"): { main: string; backup: string } {
  return {
    main: mainAddress(addresses, `${kind}-main`).address,
    backup: mainAddress(addresses, `${kind}-backup`).address,
  };
}

function serverOptions(plant: Plant, computerName: ServerName, zoneName: string): ServerOptions {
  const { addresses, cloud } = plant;
  return {
    computerName,
    address: mainAddress(addresses, computerName).address,
    clientPort: addresses.clientPort,
    zoneName,
    edgeRanges: addresses.hosts.edge.map(({ address }) => `${address}/32`),
    tls: secret(plant, "tls.pem"),
    sshHostKey: hostKey(plant, computerName),
    settingsEndpoint: cloud.appConfigurationUrl,
    identityClientId: "00000000-0000-0000-0000-000000000000",
  };
}

function hostKey(plant: Plant, name: ServerName): SshHostKey {
  return { privateKey: secret(plant, `${name}.key`), publicKey: secret(plant, `${name}.pub`) };
}

function secret({ secrets }: Plant, file: string): string {
  return readFileSync(path.join(secrets, file), "utf8");
}
