import { createHash } from "node:crypto";
import { armError } from "../arm-error.ts";
import type { Rules } from "../cloud.ts";
import { textAt } from "../document.ts";
import { removeNames, setStorageNames, storageHostNames } from "../host-names.ts";
import type { StorageCall } from "../plant-protocol.ts";
import { pairedRegion } from "../regions.ts";
import { regionOf, type Resource } from "../resource.ts";

const skus = /^(Standard_(LRS|ZRS|GRS|GZRS|RAGRS|RAGZRS)|Premium_(LRS|ZRS))$/;
const kinds = ["StorageV2", "Storage", "BlobStorage", "BlockBlobStorage", "FileStorage"];
const services = ["blob", "queue", "table", "file", "dfs", "web"];

export const storageAccount: Rules = {
  accept({ document, old, kept }) {
    if (!skus.test(textAt(document, "sku", "name") ?? ""))
      throw armError("invalidParameter", { parameter: "sku.name" });
    if (!kinds.includes(textAt(document, "kind") ?? ""))
      throw armError("invalidParameter", { parameter: "kind" });
    Object.assign(kept, old?.kept);
  },
  async carryOut(account, { cloud: { plant } }) {
    if (account.kept.made === true) return;
    const { name } = account;
    const region = regionOf(account) ?? "";
    const keys = keysOf(account).map(({ value }) => value);
    // A part of it may be there from now on.
    account.kept.made = false;
    await plant.call({ createAccount: { account: name, region, keys } });
    await setStorageNames(plant, name, region);
    account.kept.made = true;
  },
  async clear({ name, kept }, { plant }) {
    if (kept.made === undefined) return;
    // What could not be removed as a whole is made again by the next PUT, or removed by the next DELETE.
    kept.made = false;
    await plant.call({ removeAccount: { account: name } });
    await removeNames(plant, storageHostNames(name));
  },
  outputs(resource) {
    const { name, document, createdAt } = resource;
    const region = regionOf(resource) ?? "";
    const sku = textAt(document, "sku", "name") ?? "";
    const geo = /_(RA)?GZ?RS$/.test(sku)
      ? { secondaryLocation: pairedRegion(region), statusOfSecondary: "available" }
      : {};
    const readable = sku.includes("_RA") ? { secondaryEndpoints: endpointsOf(`${name}-secondary`) } : {};
    return {
      creationTime: createdAt,
      primaryEndpoints: endpointsOf(name),
      primaryLocation: region,
      statusOfPrimary: "available",
      supportsHttpsTrafficOnly: true,
      ...document.properties,
      ...geo,
      ...readable,
    };
  },
  answers: {
    listkeys: ({ resource }) => ({
      keys: keysOf(resource).map((key) => ({
        ...key,
        permissions: "FULL",
        creationTime: resource.createdAt,
      })),
    }),
  },
  envelope: ({ document }) => ({
    sku: { name: textAt(document, "sku", "name"), tier: textAt(document, "sku", "name")?.split("_")[0] },
  }),
};

/** The same in every local cloud, as the account's id is. */
function keysOf({ key }: Resource): { keyName: string; value: string }[] {
  return ["key1", "key2"].map((keyName) => ({
    keyName,
    value: createHash("sha512").update(`${key} ${keyName}`).digest("base64"),
  }));
}

function endpointsOf(host: string): Record<string, string> {
  return Object.fromEntries(
    services.map((service) => [service, `https://${host}.${service}.core.windows.net/`]),
  );
}

export const blobService: Rules = {
  defaults: { cors: { corsRules: [] }, deleteRetentionPolicy: { enabled: false } },
};

/** What is inside an account: made in the plant before the PUT is answered, and gone before the DELETE is. */
function inside(
  create: (account: string, name: string) => StorageCall,
  remove: (account: string, name: string) => StorageCall,
): Rules {
  return {
    accept({ kept, old }) {
      Object.assign(kept, old?.kept);
    },
    async carryOut(resource, { cloud }) {
      if (resource.kept.made === true) return;
      await cloud.plant.call(create(accountOf(resource), resource.name));
      resource.kept.made = true;
    },
    async clear(resource, { plant }) {
      if (resource.kept.made === true) await plant.call(remove(accountOf(resource), resource.name));
    },
  };
}

function accountOf({ id }: Resource): string {
  return /\/storageAccounts\/([^/]+)\//i.exec(id)?.[1] ?? "";
}

export const blobContainer: Rules = {
  ...inside(
    (account, container) => ({ createContainer: { account, container } }),
    (account, container) => ({ removeContainer: { account, container } }),
  ),
  outputs: ({ document, createdAt }) => ({
    publicAccess: "None",
    leaseStatus: "Unlocked",
    leaseState: "Available",
    lastModifiedTime: createdAt,
    hasImmutabilityPolicy: false,
    hasLegalHold: false,
    ...document.properties,
  }),
};

export const queue: Rules = inside(
  (account, name) => ({ createQueue: { account, queue: name } }),
  (account, name) => ({ removeQueue: { account, queue: name } }),
);
