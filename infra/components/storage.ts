import { BlobContainer } from "@pulumi/azure-native/storage/blobContainer.js";
import { BlobServiceProperties } from "@pulumi/azure-native/storage/blobServiceProperties.js";
import { Queue } from "@pulumi/azure-native/storage/queue.js";
import { StorageAccount } from "@pulumi/azure-native/storage/storageAccount.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  type Resource,
} from "@pulumi/pulumi";
import { containerNames, queueName } from "../names.ts";
import type { Place } from "./place.ts";
import { stateful } from "./sql-server.ts";

const undeleteDays = 7;

interface Inside {
  resourceGroupName: Input<string>;
  accountName: Input<string>;
}

/**
 * A region's storage account with its queue and its blobs.
 * It has no network rules: machines of both regions must reach both accounts the moment the settings say
 * so, and a rule is a write to a region that may be gone. What keeps others out is identity: shared keys
 * and anonymous access are off.
 */
export class Storage extends ComponentResource {
  readonly id: Output<string>;
  /** What hosts use of it. */
  readonly ready: Resource[];

  constructor(name: string, args: { place: Place; accountName: string }, opts?: ComponentResourceOptions) {
    super("failover-stacks:storage:Storage", name, {}, opts);
    const { place } = args;
    const account = new StorageAccount(
      name,
      {
        ...place,
        accountName: args.accountName,
        kind: "StorageV2",
        sku: { name: "Standard_RAGRS" },
        accessTier: "Hot",
        allowSharedKeyAccess: false,
        defaultToOAuthAuthentication: true,
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        enableHttpsTrafficOnly: true,
        minimumTlsVersion: "TLS1_2",
        publicNetworkAccess: "Enabled",
      },
      { parent: this, ...stateful, ignoreChanges: ["isHnsEnabled", "location"] },
    );
    const inside = { resourceGroupName: place.resourceGroupName, accountName: account.name };
    new BlobServiceProperties(
      name,
      {
        ...inside,
        blobServicesName: "default",
        isVersioningEnabled: true,
        changeFeed: { enabled: true },
        deleteRetentionPolicy: { enabled: true, days: undeleteDays },
        containerDeleteRetentionPolicy: { enabled: true, days: undeleteDays },
      },
      { parent: this },
    );
    this.ready = [account, ...this.fill(name, inside)];
    this.id = account.id;
    this.registerOutputs();
  }

  private fill(name: string, inside: Inside): Resource[] {
    const contents = { parent: this, ...stateful };
    const queue = new Queue(`${name}-${queueName}`, { ...inside, queueName }, contents);
    const containers = containerNames.map((containerName) => {
      const container = { ...inside, containerName, publicAccess: "None" } as const;
      return new BlobContainer(`${name}-${containerName}`, container, contents);
    });
    return [queue, ...containers];
  }
}
