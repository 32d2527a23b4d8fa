import type { Properties } from "../rpc.ts";
import { requireLocal } from "./transport.ts";

/** Where ARM is described, and as whom the provider acts. */
export interface ProviderConfig {
  /** With its scheme, without a path. */
  metadataHost: string;
  tenantId: string;
  clientId: string;
  clientSecret: string;
  subscriptionId: string;
  /** For resources whose program sets none. */
  location: string | undefined;
}

/** Property, its variable, and what it is. Properties go first, as with the official plugin. */
const required = [
  ["metadataHost", "ARM_METADATA_HOSTNAME", "the host that describes the local cloud"],
  ["tenantId", "ARM_TENANT_ID", "the tenant"],
  ["clientId", "ARM_CLIENT_ID", "the service principal"],
  ["clientSecret", "ARM_CLIENT_SECRET", "its secret"],
  ["subscriptionId", "ARM_SUBSCRIPTION_ID", "the subscription"],
] as const;

/**
 * Reads the provider's properties and the environment.
 * @throws Error that lists everything missing; RefusedHost for a host outside 127.0.0.0/8. No request is sent.
 */
export function resolveConfig(properties: Properties, environment: NodeJS.ProcessEnv): ProviderConfig {
  const found = required.map(([key, variable, what]) => {
    const value = text(properties[key]) ?? text(environment[variable]);
    return { key, value, missing: `${what}: azure-native:${key} or ${variable}` };
  });
  const missing = found.filter(({ value }) => value === undefined).map((each) => each.missing);
  const discovery = text(properties.disableInstanceDiscovery) ?? environment.ARM_DISABLE_INSTANCE_DISCOVERY;
  if (discovery !== "true") {
    missing.push("true for azure-native:disableInstanceDiscovery or ARM_DISABLE_INSTANCE_DISCOVERY");
  }
  if (missing.length > 0) {
    throw new Error(
      `the stand-in of the azure-native provider is not configured; missing ${missing.join("; ")}`,
    );
  }
  const values = Object.fromEntries(found.map(({ key, value }) => [key, value])) as Omit<
    ProviderConfig,
    "location"
  >;
  const metadataHost = withScheme(values.metadataHost);
  requireLocal(metadataHost);
  return { ...values, metadataHost, location: text(properties.location) ?? text(environment.ARM_LOCATION) };
}

function withScheme(host: string): string {
  return (host.includes("://") ? host : `https://${host}`).replace(/\/+$/, "");
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
