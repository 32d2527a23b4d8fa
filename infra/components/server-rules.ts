import { SecurityRule } from "@pulumi/azure-native/network/securityRule.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
} from "@pulumi/pulumi";
import { privateAddress, type ServerName, serverNames } from "../names.ts";
import type { Axes } from "../topologies.ts";

/**
 * Inbound rules of the servers' security group, by the order in which Azure takes them.
 * Each is written after the one before it: writes to one group that overlap are refused (429
 * RetryableErrorDueToAnotherOperation, github.com/Azure/azure-sdk-for-python/issues/556), and the provider
 * tries again only after 20 s, then 60 and 120. Other tools lock the group for that
 * (github.com/hashicorp/terraform-provider-azurerm/issues/15631).
 */
const priorities = { edge: 100, admins: 110, monitor: 120, bypass: 200 };

export interface ServerRulesArgs {
  resourceGroupName: Input<string>;
  securityGroupName: Input<string>;
  /** The servers' network. */
  network: string;
  clientPort: number;
}

interface Admitted {
  rule: keyof typeof priorities;
  sources: readonly Input<string>[];
  servers: readonly ServerName[];
  port: number;
  description: string;
}

/** A rule that lets these sources in; the virtual network's own machines are let in by Azure's default rule. */
function admit(admitted: Admitted, args: ServerRulesArgs, opts: CustomResourceOptions): SecurityRule {
  const { rule, sources, servers, port, description } = admitted;
  return new SecurityRule(
    rule,
    {
      resourceGroupName: args.resourceGroupName,
      networkSecurityGroupName: args.securityGroupName,
      securityRuleName: rule,
      description,
      priority: priorities[rule],
      direction: "Inbound",
      access: "Allow",
      protocol: "Tcp",
      sourceAddressPrefixes: [...sources],
      sourcePortRange: "*",
      destinationAddressPrefixes: servers.map((server) => privateAddress(args.network, server)),
      destinationPortRange: String(port),
    },
    opts,
  );
}

/** Who may always reach the servers: the edge on the clients' port, administrators by SSH. */
export class ServerRules extends ComponentResource {
  constructor(
    name: string,
    args: ServerRulesArgs & { edgeRanges: string[]; adminRanges: string[]; sshPort: number },
    opts?: ComponentResourceOptions,
  ) {
    super("failover-stacks:network:ServerRules", name, {}, opts);
    const { edgeRanges, adminRanges, clientPort, sshPort } = args;
    const parent = { parent: this };
    const edge = {
      rule: "edge",
      sources: edgeRanges,
      port: clientPort,
      description: "Cloudflare's edge reaches load balancers and, when those are gone, API servers",
    } as const;
    const admins = {
      rule: "admins",
      sources: adminRanges,
      port: sshPort,
      description: "Administrators and deployments",
    } as const;
    const first = admit({ ...edge, servers: serverNames }, args, parent);
    admit({ ...admins, servers: serverNames }, args, { ...parent, dependsOn: first });
    this.registerOutputs();
  }
}

/** The monitor is in another region, so that it outlives the servers: its checks come from the Internet. */
export function admitMonitor(
  address: Input<string>,
  args: ServerRulesArgs,
  opts: CustomResourceOptions,
): SecurityRule {
  const monitor = {
    rule: "monitor",
    sources: [address],
    port: args.clientPort,
    description: "The monitor's checks",
  } as const;
  return admit({ ...monitor, servers: serverNames }, args, opts);
}

/**
 * Lets clients reach the servers without the edge. It exists in every topology, so that a switch is an update
 * in place, and turns from Deny to Allow. One for all servers: Azure takes one write to a security group at a
 * time, and a recovery waits for each.
 * The source is `Internet`, not `*`: a Deny of `*` would also cut load balancers off the API servers,
 * whose rule comes later.
 */
export function bypassRule(args: ServerRulesArgs & { bypass: Axes["bypass"] }): SecurityRule {
  const { resourceGroupName, securityGroupName, network, clientPort, bypass } = args;
  return new SecurityRule("bypass", {
    resourceGroupName,
    networkSecurityGroupName: securityGroupName,
    securityRuleName: "bypass",
    description: "Clients reach the servers directly while the topology is a dns-only one",
    priority: priorities.bypass,
    direction: "Inbound",
    access: bypass === "open" ? "Allow" : "Deny",
    protocol: "Tcp",
    sourceAddressPrefix: "Internet",
    sourcePortRange: "*",
    destinationAddressPrefixes: serverNames.map((server) => privateAddress(network, server)),
    destinationPortRange: String(clientPort),
  });
}
