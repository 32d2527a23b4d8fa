import type { ComponentResource } from "@pulumi/pulumi";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import type { ServerOptions } from "../hosts/index.ts";
import type { Secrets } from "../secrets.ts";
import type { ServerName } from "../names.ts";
import { Machine, type MachineArgs } from "./machine.ts";
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

export interface ServerArgs extends Pick<MachineArgs, "replacedByContents" | "after"> {
  zones: string[];
  /** By the client id of the identity that the machine has. */
  cloudConfig: (identityClientId: string) => string;
}

/** The machine of one load balancer or API server. */
export function serverMachine(
  parent: ComponentResource,
  name: ServerName,
  { servers, server }: { servers: ServersArgs; server: ServerArgs },
): Machine {
  const { machine, network, identity } = servers;
  const cloudConfig = identity.clientId.apply(server.cloudConfig);
  const own = { network, computerName: name, identityId: identity.id };
  return new Machine(name, { ...machine, ...own, ...server, cloudConfig }, { parent });
}
