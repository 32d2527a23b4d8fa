import { VirtualMachine } from "@pulumi/azure-native/compute/virtualMachine.js";
import { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
  type Resource,
  secret,
} from "@pulumi/pulumi";
import { adminUsername, type ComputerName, machineName, privateAddress } from "../names.ts";
import { encodeCustomData, linuxConfiguration, machineSize, osDisk, trustedLaunch, ubuntu } from "./linux.ts";
import type { Place } from "./place.ts";

export interface MachineArgs {
  place: Place;
  prefix: string;
  computerName: ComputerName;
  subnetId: Input<string>;
  /** The subnet's network; the machine's own address in it is a fixed one. */
  network: string;
  zones: string[];
  identityId?: Input<string>;
  /** What cloud-init executes at the first boot. */
  cloudConfig: Input<string>;
  /** OpenSSH format. */
  sshPublicKey: string;
  /** False where new contents reach the machine another way and must not replace it. */
  replacedByContents: boolean;
  /** What must have happened before this machine may be made or replaced. */
  after: Resource[];
}

/** Inputs that Azure refuses to change on a machine that exists (409 PropertyChangeNotAllowed). */
const fixedAtBirth = [
  "osProfile.adminUsername",
  "osProfile.computerName",
  "osProfile.linuxConfiguration",
  "storageProfile.imageReference",
  "zones",
];

/** A virtual machine with a private address that other machines know and a public one. */
export class Machine extends ComponentResource {
  readonly address: Output<string>;
  readonly vm: VirtualMachine;

  constructor(name: string, args: MachineArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:compute:Machine", name, {}, opts);
    const { place, prefix, computerName } = args;
    const parent = { parent: this };
    const publicAddress = new PublicIPAddress(
      name,
      {
        ...place,
        publicIpAddressName: machineName(prefix, computerName),
        sku: { name: "Standard" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
      },
      parent,
    );
    const networkInterface = new NetworkInterface(
      name,
      {
        ...place,
        networkInterfaceName: machineName(prefix, computerName),
        ipConfigurations: [
          {
            name: "primary",
            primary: true,
            subnet: { id: args.subnetId },
            privateIPAllocationMethod: "Static",
            privateIPAddress: privateAddress(args.network, computerName),
            publicIPAddress: { id: publicAddress.id },
          },
        ],
      },
      parent,
    );
    this.vm = this.makeVm(name, args, networkInterface);
    this.address = publicAddress.ipAddress.apply((address) => address ?? "");
    this.registerOutputs();
  }

  private makeVm(name: string, args: MachineArgs, networkInterface: Resource & { id: Output<string> }) {
    const { place, prefix, computerName, zones, identityId, sshPublicKey, replacedByContents } = args;
    const contents = "osProfile.customData";
    return new VirtualMachine(
      name,
      {
        ...place,
        vmName: machineName(prefix, computerName),
        ...(zones.length > 0 && { zones }),
        ...(identityId !== undefined && {
          identity: { type: "UserAssigned", userAssignedIdentities: [identityId] },
        }),
        hardwareProfile: { vmSize: machineSize },
        securityProfile: trustedLaunch,
        storageProfile: { imageReference: ubuntu, osDisk },
        osProfile: {
          computerName,
          adminUsername,
          customData: secret(output(args.cloudConfig).apply((text) => encodeCustomData(computerName, text))),
          linuxConfiguration: linuxConfiguration(sshPublicKey),
        },
        networkProfile: { networkInterfaces: [{ id: networkInterface.id, primary: true }] },
        diagnosticsProfile: { bootDiagnostics: { enabled: true } },
      },
      {
        parent: this,
        dependsOn: args.after,
        // Its name is taken until it is gone; the provider knows that of its own replacements only.
        deleteBeforeReplace: true,
        ...(replacedByContents
          ? { replaceOnChanges: [...fixedAtBirth, contents] }
          : { replaceOnChanges: fixedAtBirth, ignoreChanges: [contents] }),
      },
    );
  }
}
