import { NatGateway } from "@pulumi/azure-native/network/natGateway.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import type { Place } from "./place.ts";

export interface SubnetPlan {
  /** The subnet's network, as `10.0.1.0/24`. */
  range: string;
  securityGroup: string;
  /** Machines without public addresses reach the Internet by the NAT gateway. */
  outbound: "own address" | "gateway";
}

export interface NetworkArgs<Name extends string> {
  place: Place;
  name: string;
  natGateway: string;
  subnets: Record<Name, SubnetPlan>;
}

interface Made {
  subnet: Subnet;
  group: NetworkSecurityGroup;
}

/**
 * A region's virtual network: subnets, their security groups, one way out.
 * Rules are stand-alone resources, of this stack and of the other one: a group with rules of its own
 * would wipe theirs at each update.
 * Subnets are private (no default outbound access, which Azure retired for new networks):
 * https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access (read 2026-11)
 */
export class Network<Name extends string> extends ComponentResource {
  /**
   * Known once every subnet is there, as the groups' names are: Azure refuses whatever attaches to a network
   * or writes to a group while one of the network's subnets is being written (429 RetryableError, and the
   * provider's four tries may all be refused: github.com/pulumi/pulumi-azure-native/issues/3720).
   */
  readonly subnetIds: Record<Name, Output<string>>;
  readonly securityGroupNames: Record<Name, Output<string>>;
  /** Address that connections of machines behind the gateway come from. */
  readonly egressAddress: Output<string>;

  constructor(name: string, args: NetworkArgs<Name>, opts?: ComponentResourceOptions) {
    super("failover-stacks:network:Network", name, {}, opts);
    const { place, subnets } = args;
    const parent = { parent: this };
    const plans = Object.entries<SubnetPlan>(subnets);
    const network = new VirtualNetwork(
      name,
      {
        ...place,
        virtualNetworkName: args.name,
        addressSpace: { addressPrefixes: plans.map(([, { range }]) => range) },
      },
      parent,
    );
    const { gateway, address } = this.makeGateway(name, args);
    const made: Made[] = [];
    for (const plan of plans) made.push(this.makeSubnet(plan, { name, place, network, gateway, made }));
    const named = plans.map(([subnetName]) => subnetName as Name);
    const whole = all(made.map(({ subnet }) => subnet.id));
    const onceWhole = (value?: Output<string>): Output<string> | undefined =>
      value && all([value, whole]).apply(([known]) => known);
    this.subnetIds = byName(named, (index) => onceWhole(made[index]?.subnet.id));
    this.securityGroupNames = byName(named, (index) => onceWhole(made[index]?.group.name));
    this.egressAddress = address.ipAddress.apply((text) => text ?? "");
    this.registerOutputs();
  }

  private makeSubnet(
    [subnetName, { range, securityGroup, outbound }]: [string, SubnetPlan],
    around: { name: string; place: Place; network: VirtualNetwork; gateway: NatGateway; made: Made[] },
  ): Made {
    const { name, place, network, gateway, made } = around;
    const group = new NetworkSecurityGroup(
      `${name}-${subnetName}`,
      { ...place, networkSecurityGroupName: securityGroup },
      { parent: this },
    );
    const subnet = new Subnet(
      `${name}-${subnetName}`,
      {
        resourceGroupName: place.resourceGroupName,
        virtualNetworkName: network.name,
        subnetName,
        addressPrefix: range,
        networkSecurityGroup: { id: group.id },
        ...(outbound === "gateway" && { natGateway: { id: gateway.id } }),
        // What lets SQL servers of this region admit the subnet by a rule.
        serviceEndpoints: [{ service: "Microsoft.Sql" }],
        defaultOutboundAccess: false,
      },
      // One at a time: Azure refuses a second write to a network while the first is under way.
      { parent: this, dependsOn: made.map((earlier) => earlier.subnet) },
    );
    return { subnet, group };
  }

  private makeGateway(name: string, { place, natGateway }: Pick<NetworkArgs<Name>, "place" | "natGateway">) {
    const parent = { parent: this };
    const address = new PublicIPAddress(
      `${name}-egress`,
      {
        ...place,
        publicIpAddressName: natGateway,
        sku: { name: "Standard" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
      },
      parent,
    );
    const gateway = new NatGateway(
      `${name}-egress`,
      {
        ...place,
        natGatewayName: natGateway,
        sku: { name: "Standard" },
        publicIpAddresses: [{ id: address.id }],
      },
      parent,
    );
    return { gateway, address };
  }
}

function byName<Name extends string, T>(
  names: readonly Name[],
  valueAt: (index: number) => T | undefined,
): Record<Name, T> {
  return Object.fromEntries(names.map((name, index) => [name, valueAt(index)])) as Record<Name, T>;
}
