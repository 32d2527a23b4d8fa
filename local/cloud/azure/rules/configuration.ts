import { ArmError, armError } from "../arm-error.ts";
import type { Change, Cloud, Rules } from "../cloud.ts";
import { textAt } from "../document.ts";
import { hashedId } from "../hashed-id.ts";
import type { Resource } from "../resource.ts";
import { dataOwner, dataReader, hasRole } from "../roles.ts";
import type { Caller } from "../tokens.ts";

const storeType = "Microsoft.AppConfiguration/configurationStores";
const skus = ["free", "developer", "standard", "premium"];

export const configurationStore: Rules = {
  accept(change) {
    const { document, cloud, old, key } = change;
    if (!skus.includes(textAt(document, "sku", "name")?.toLowerCase() ?? "")) {
      throw armError("invalidParameter", { parameter: "sku.name" });
    }
    if (!old && cloud.store.ofType(storeType).some((other) => other.key !== key)) {
      throw armError("notServed", { call: "a second configuration store: its data plane has one address" });
    }
  },
  outputs: ({ createdAt, document }, { urls }) => ({
    creationDate: createdAt,
    publicNetworkAccess: "Enabled",
    disableLocalAuth: false,
    softDeleteRetentionInDays: 7,
    enablePurgeProtection: false,
    ...document.properties,
    endpoint: urls.appConfiguration,
  }),
};

export const keyValue: Rules = {
  accept(change) {
    checkData(change.parent, change.caller, { cloud: change.cloud, roles: [dataOwner] });
    const value = textAt(change.document.properties, "value") ?? "";
    // learn.microsoft.com/azure/azure-app-configuration/faq: 10 KB for key, value and the rest.
    if (Buffer.byteLength(value) > 10_000)
      throw armError("invalidParameter", { parameter: "properties.value" });
    change.kept.etag = etagOf(change);
    change.kept.lastModified = new Date().toISOString();
  },
  outputs({ name, kept }) {
    const { key, label } = keyOf(name);
    return {
      key,
      ...(label === undefined ? {} : { label }),
      eTag: kept.etag,
      lastModified: kept.lastModified,
      locked: false,
    };
  },
  readable: ({ resource, cloud, caller }) => {
    const parent = cloud.store.get(resource.parentKey ?? "");
    checkData(parent, caller, { cloud, roles: [dataOwner, dataReader] });
  },
  removable: ({ resource, cloud, caller }) => {
    checkData(cloud.store.get(resource.parentKey ?? ""), caller, { cloud, roles: [dataOwner] });
  },
};

let writes = 0;

/** A new one at every write, whatever is written. */
function etagOf({ key }: Change): string {
  writes += 1;
  return hashedId("etag", key, String(writes)).replaceAll("-", "");
}

/**
 * learn.microsoft.com/azure/azure-app-configuration/quickstart-deployment-overview: under Pass-through the caller
 * needs a data role; else access keys are used, which must not be disabled.
 */
function checkData(
  store: Resource | undefined,
  caller: Caller,
  { cloud, roles }: { cloud: Cloud; roles: readonly string[] },
): void {
  if (!store) return;
  const { properties } = store.document;
  const passThrough = textAt(properties, "dataPlaneProxy", "authenticationMode") === "Pass-through";
  const allowed = passThrough
    ? hasRole(cloud.store, caller.oid, { roles, key: store.key })
    : properties.disableLocalAuth !== true;
  if (allowed) return;
  const why = passThrough
    ? `The caller ${caller.oid} has none of the data roles App Configuration Data ${roles.length > 1 ? "Reader and Owner" : "Owner"} at ${store.id} or above.`
    : "Access keys are disabled, and the store's ARM authentication mode is Local.";
  throw new ArmError(403, "Forbidden", `Access to the requested resource is forbidden. ${why}`);
}

/** `key$label`, each with `~` and two hex digits for what is not a letter, digit, `-`, `_` or `.`. */
export function keyOf(name: string): { key: string; label: string | undefined } {
  const [key = "", label] = name
    .split("$", 2)
    .map((part) =>
      part.replaceAll(/~([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
  return { key, label };
}
