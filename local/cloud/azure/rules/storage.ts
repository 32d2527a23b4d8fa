import { createHash } from "node:crypto";
import { armError } from "../arm-error.ts";
import type { Rules } from "../cloud.ts";
import { textAt } from "../document.ts";
import { pairedRegion } from "../regions.ts";
import { regionOf } from "../resource.ts";

const skus = /^(Standard_(LRS|ZRS|GRS|GZRS|RAGRS|RAGZRS)|Premium_(LRS|ZRS))$/;
const kinds = ["StorageV2", "Storage", "BlobStorage", "BlockBlobStorage", "FileStorage"];
const services = ["blob", "queue", "table", "file", "dfs", "web"];

export const storageAccount: Rules = {
  accept({ document }) {
    if (!skus.test(textAt(document, "sku", "name") ?? ""))
      throw armError("invalidParameter", { parameter: "sku.name" });
    if (!kinds.includes(textAt(document, "kind") ?? ""))
      throw armError("invalidParameter", { parameter: "kind" });
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
      keys: ["key1", "key2"].map((keyName) => ({
        keyName,
        value: createHash("sha512").update(`${resource.key} ${keyName}`).digest("base64"),
        permissions: "FULL",
        creationTime: resource.createdAt,
      })),
    }),
  },
  envelope: ({ document }) => ({
    sku: { name: textAt(document, "sku", "name"), tier: textAt(document, "sku", "name")?.split("_")[0] },
  }),
};

function endpointsOf(host: string): Record<string, string> {
  return Object.fromEntries(
    services.map((service) => [service, `https://${host}.${service}.core.windows.net/`]),
  );
}

export const blobService: Rules = {
  defaults: { cors: { corsRules: [] }, deleteRetentionPolicy: { enabled: false } },
};

export const blobContainer: Rules = {
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

export const queue: Rules = { outputs: () => ({ approximateMessageCount: 0 }) };
