import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import type { ServerOptions } from "../hosts/index.ts";
import type { Secrets } from "../secrets.ts";
import type { MachineArgs } from "./machine.ts";
import type { Access } from "./remote-step.ts";

/** What load balancers and API servers are made of, besides what makes them one or the other. */
export interface ServersArgs {
  machine: Pick<MachineArgs, "place" | "prefix" | "subnetId" | "sshPublicKey">;
  /** The servers' network. */
  network: string;
  zones: { main: string[]; backup: string[] };
  identity: UserAssignedIdentity;
  /** What each of their hosts is told. */
  told: Pick<ServerOptions, "settingsEndpoint" | "clientPort" | "zoneName" | "edgeRanges" | "tls">;
  secrets: Secrets;
  access: Access;
}
