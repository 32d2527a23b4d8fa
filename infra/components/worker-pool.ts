import { VirtualMachineScaleSet } from "@pulumi/azure-native/compute/virtualMachineScaleSet.js";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  secret,
} from "@pulumi/pulumi";
import { workerCloudConfig } from "../hosts/index.ts";
import { adminUsername } from "../names.ts";
import { encodeCustomData, linuxConfiguration, machineSize, osDisk, trustedLaunch, ubuntu } from "./linux.ts";
import type { Place } from "./place.ts";

export interface WorkerPoolArgs {
  place: Place;
  scaleSetName: string;
  region: "primary" | "secondary";
  subnetId: Input<string>;
  identity: UserAssignedIdentity;
  settingsEndpoint: string;
  sshPublicKey: string;
  capacity: number;
  /** Whether autoscale moves the capacity from then on; an update would otherwise set it back. */
  autoscaled: boolean;
}

/** A region's workers: machines that are all alike and hold nothing. */
export class WorkerPool extends ComponentResource {
  readonly id: Output<string>;

  constructor(name: string, args: WorkerPoolArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:workers:WorkerPool", name, {}, opts);
    const { place, scaleSetName, identity, capacity, autoscaled } = args;
    const pool = new VirtualMachineScaleSet(
      name,
      {
        ...place,
        vmScaleSetName: scaleSetName,
        orchestrationMode: "Uniform",
        // An instance more than asked for would take work and be deleted with it.
        overprovision: false,
        sku: { name: machineSize, tier: "Standard", capacity },
        identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
        upgradePolicy: { mode: "Automatic" },
        virtualMachineProfile: this.profileOf(args),
      },
      { parent: this, ...(autoscaled && { ignoreChanges: ["sku.capacity"] }) },
    );
    this.id = pool.id;
    this.registerOutputs();
  }

  private profileOf({ region, subnetId, identity, settingsEndpoint, sshPublicKey, ...args }: WorkerPoolArgs) {
    const cloudConfig = identity.clientId.apply((identityClientId) =>
      workerCloudConfig({ region, settingsEndpoint, identityClientId }),
    );
    return {
      securityProfile: trustedLaunch,
      storageProfile: { imageReference: ubuntu, osDisk },
      osProfile: {
        computerNamePrefix: `workers-${region}-`,
        adminUsername,
        customData: secret(cloudConfig.apply((text) => encodeCustomData(args.scaleSetName, text))),
        linuxConfiguration: linuxConfiguration(sshPublicKey),
      },
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: "primary",
            primary: true,
            ipConfigurations: [{ name: "primary", primary: true, subnet: { id: subnetId } }],
          },
        ],
      },
    };
  }
}
