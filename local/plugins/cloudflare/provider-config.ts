import { isLoopback } from "../../cloud/loopback.ts";
import type { CheckFailure } from "../answers.ts";
import { type Properties, unknownValue } from "../rpc.ts";

const tokenForm = /[\w-]{40}/;
const servedKeys = new Set([
  "apiToken",
  "baseUrl",
  "userAgentOperatorSuffix",
  "version",
  "pluginDownloadURL",
]);
const realKeys = new Set(["apiKey", "apiUserServiceKey", "email"]);

/** What the provider talks to and as whom. No token is no error: requests then go out without one. */
export interface ProviderConfig {
  baseUrl: string;
  apiToken: string | undefined;
}

/** The provider's own properties first, then CLOUDFLARE_BASE_URL and CLOUDFLARE_API_TOKEN, as the official plugin reads them. */
export function resolveConfig(properties: Properties, environment: NodeJS.ProcessEnv): ProviderConfig {
  const baseUrl = text(properties.baseUrl) ?? environment.CLOUDFLARE_BASE_URL;
  return {
    baseUrl: (baseUrl || "https://api.cloudflare.com/client/v4").replace(/\/+$/, ""),
    apiToken: text(properties.apiToken) ?? (environment.CLOUDFLARE_API_TOKEN || undefined),
  };
}

/** Everything that is wrong with a provider's properties, in the official plugin's words where it has any. */
export function checkConfig(properties: Properties, environment: NodeJS.ProcessEnv): CheckFailure[] {
  const { apiToken } = resolveConfig(properties, environment);
  const failures = Object.keys(properties).flatMap(checkKey);
  if (apiToken !== undefined && apiToken !== unknownValue && !tokenForm.test(apiToken)) {
    const attribute =
      "Attribute api_token API tokens must be 40 characters and only contain characters a-z, A-Z, 0-9, hyphens and underscores";
    const { reason } = failure("apiToken", `Invalid Attribute Value. ${attribute}`);
    // A token from the environment is no property, and its value must not be printed.
    failures.push({ property: "", reason });
  }
  return failures;
}

/**
 * @throws Error unless the API is in 127.0.0.0/8: a stand-in must never change a real zone.
 */
export function refuseRemote({ baseUrl }: ProviderConfig): void {
  const url = URL.parse(baseUrl);
  if (url?.protocol === "http:" && isLoopback(url.hostname)) return;
  throw new Error(
    `this is the stand-in of the cloudflare provider; it refuses ${baseUrl}, because it talks to a local cloud in ` +
      "127.0.0.0/8 only. Set CLOUDFLARE_BASE_URL to the local cloud, or install the official plugin.",
  );
}

function checkKey(key: string): CheckFailure[] {
  if (servedKeys.has(key) || key.startsWith("__")) return [];
  if (realKeys.has(key)) return [failure(key, "The stand-in authenticates with apiToken only")];
  return [failure(key, "Invalid or unknown key")];
}

function failure(property: string, reason: string): CheckFailure {
  const check = `Check \`pulumi config get cloudflare:${property}\``;
  return { property, reason: `could not validate provider configuration: ${reason}. ${check}.` };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
