import type { ProviderConfig } from "./provider-config.ts";
import { describe, type HttpCall, requireLocal, type Transport } from "./transport.ts";

/** What the cloud says about itself. URLs have no slash at the end. */
export interface CloudMetadata {
  resourceManager: string;
  loginEndpoint: string;
  audience: string;
}

interface Described {
  resourceManager?: string;
  authentication?: { loginEndpoint?: string; audiences?: string[] };
}

/**
 * Asks once, without a token and without another try, as the official plugin does when it is configured
 * (cloud/metadata/client.go).
 * @throws Error when it is not answered, or describes a cloud outside 127.0.0.0/8.
 */
export async function readMetadata(
  { metadataHost }: ProviderConfig,
  transport: Transport,
  signal: AbortSignal,
): Promise<CloudMetadata> {
  const call: HttpCall = { method: "GET", url: `${metadataHost}/metadata/endpoints?api-version=2022-09-01` };
  const answer = await transport.send(call, signal).catch((error: Error) => {
    throw new Error(`failed to read the cloud's metadata: ${describe(error, call)}`, { cause: error });
  });
  if (answer.status !== 200) throw new Error(`failed to read ${call.url}: status code ${answer.status}`);
  const { resourceManager = "", authentication } = JSON.parse(
    answer.text.replace(/^\uFEFF/, ""),
  ) as Described;
  const { loginEndpoint = "", audiences = [] } = authentication ?? {};
  const [audience] = audiences;
  if (audience === undefined) throw new Error(`${call.url} names no audience`);
  requireLocal(resourceManager);
  requireLocal(loginEndpoint);
  return { resourceManager: trimmed(resourceManager), loginEndpoint: trimmed(loginEndpoint), audience };
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}
