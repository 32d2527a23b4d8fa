import { armError } from "./arm-error.ts";
import { resourceTypes } from "./table/table.ts";

/**
 * Beside the table's: what azure-native asks for default locations, and what the official clients of the contract
 * tests send. All mean the same here, since none of the properties in use differs between them.
 */
const alsoServed: Readonly<Record<string, readonly string[]>> = {
  "microsoft.resources": ["2019-05-01", "2020-10-01", "2021-04-01", "2022-09-01", "2022-12-01", "2025-04-01"],
  "microsoft.network": ["2023-02-01", "2024-01-01", "2025-01-01", "2026-01-01"],
  "microsoft.compute": ["2023-03-01", "2024-07-01", "2025-04-01", "2026-04-01"],
  "microsoft.sql": ["2021-11-01"],
  "microsoft.storage": ["2022-09-01", "2023-01-01"],
  "microsoft.appconfiguration": ["2023-03-01"],
  "microsoft.insights": ["2018-01-01", "2022-10-01", "2023-10-01", "2024-02-01"],
};

export function versionsOf(type: string): string[] {
  const namespace = type.split("/")[0]?.toLowerCase() ?? "";
  const rows = resourceTypes.filter((row) => row.type.toLowerCase().startsWith(`${namespace}/`));
  return [
    ...new Set([...rows.map(({ apiVersion }) => apiVersion), ...(alsoServed[namespace] ?? [])]),
  ].toSorted();
}

/**
 * @param location of a resource that is being put somewhere.
 * @throws ArmError 400 MissingApiVersionParameter, InvalidResourceType or, with a location, NoRegisteredProviderFound.
 */
export function checkApiVersion(version: string | null, type: string, location?: string): void {
  if (!version) throw armError("missingApiVersion");
  const supported = versionsOf(type);
  if (supported.includes(version)) return;
  const [namespace = "", ...rest] = type.split("/");
  const words = {
    version,
    namespace,
    type: rest.join("/"),
    supported: supported.join(","),
    location: location ?? "",
  };
  throw armError(location === undefined ? "unknownApiVersion" : "unknownProvider", words);
}
