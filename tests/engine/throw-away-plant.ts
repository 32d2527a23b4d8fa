/** Small plants of the components that the stacks are made of, with what a test wants to see replaced. */
import { StorageAccount } from "@pulumi/azure-native/storage/storageAccount.js";
import { Database } from "@pulumi/azure-native/sql/database.js";
import { Server } from "@pulumi/azure-native/sql/server.js";
import type { ComponentResourceOptions, CustomResourceOptions } from "@pulumi/pulumi";
import { Machine } from "../../infra/components/machine.ts";
import { Network } from "../../infra/components/network.ts";
import type { Place } from "../../infra/components/place.ts";
import { databaseSku } from "../../infra/components/sql-server.ts";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";

const nobody = "00000000-0000-0000-0000-000000000000";

function openPlace(): Place {
  const group = new ResourceGroup("plant", { resourceGroupName: "plant", location: "westeurope" });
  return { resourceGroupName: group.name, location: "westeurope", tags: {} };
}

export interface DatabaseWishes {
  createMode: "Default" | "PointInTimeRestore";
  options: CustomResourceOptions;
}

/** A database under a name of its own, as the primary stack has it. */
export function declareDatabase({ createMode, options }: DatabaseWishes): void {
  const place = openPlace();
  const server = new Server("server", {
    ...place,
    serverName: "saas-sql",
    administrators: { azureADOnlyAuthentication: true, login: "admins", sid: nobody, tenantId: nobody },
  });
  const restore = { sourceDatabaseId: databaseId, restorePointInTime: new Date().toISOString() };
  void new Database(
    "database",
    {
      ...place,
      serverName: server.name,
      databaseName: "saas",
      sku: databaseSku,
      createMode,
      ...(createMode !== "Default" && restore),
    },
    options,
  );
}

export const databaseId = `/subscriptions/${nobody}/resourceGroups/plant/providers/Microsoft.Sql/servers/saas-sql/databases/saas`;

export function declareAccount(location: string, options: CustomResourceOptions): void {
  const place = openPlace();
  void new StorageAccount(
    "account",
    { ...place, location, accountName: "saasstore1", kind: "StorageV2", sku: { name: "Standard_RAGRS" } },
    options,
  );
}

/** A machine as the stacks make it; `plainly` takes away how they treat new contents. */
export function declareMachine(contents: string, treatment: "replaced" | "ignored" | "plainly"): void {
  const place = openPlace();
  const network = new Network("net", {
    place,
    name: "net",
    natGateway: "egress",
    subnets: { servers: { range: "127.0.4.0/24", securityGroup: "servers", outbound: "own address" } },
  });
  void new Machine(
    "api-main",
    {
      place,
      prefix: "saas",
      computerName: "api-main",
      subnetId: network.subnetIds.servers,
      network: "127.0.4.0/24",
      zones: [],
      cloudConfig: `#cloud-config\n# ${contents}\nruncmd: []\n`,
      sshPublicKey: "ssh-ed25519 AAAA",
      replacedByContents: treatment === "replaced",
      after: [],
    },
    treatment === "plainly" ? untreated : {},
  );
}

const untreated: ComponentResourceOptions = {
  transforms: [({ props, opts }) => ({ props, opts: { ...opts, replaceOnChanges: [], ignoreChanges: [] } })],
};
