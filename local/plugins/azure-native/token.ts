import { type Attempts, sendUntilAnswered } from "./attempts.ts";
import { parse } from "./arm-failure.ts";
import type { CloudMetadata } from "./metadata.ts";
import type { ProviderConfig } from "./provider-config.ts";

export type TokenRequest = { config: ProviderConfig; metadata: CloudMetadata };

/**
 * A token for ARM by client secret: the tenant's OpenID configuration, then its token endpoint, as azidentity
 * v1.13.1 does with instance discovery off.
 * @throws Error beginning "ClientSecretCredential", without the secret.
 */
export async function requestToken({ config, metadata }: TokenRequest, attempts: Attempts): Promise<string> {
  const endpoint = await tokenEndpoint(`${metadata.loginEndpoint}/${config.tenantId}`, attempts);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: config.clientId,
    client_secret: config.clientSecret,
    scope: `${metadata.audience}/.default openid offline_access profile`,
  });
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const answer = await ask({ method: "POST", url: endpoint, headers, body: form.toString() }, attempts);
  const { access_token: token } = parse(answer.text);
  if (answer.status === 200 && typeof token === "string") return token;
  throw new Error(
    `ClientSecretCredential authentication failed.\nPOST ${endpoint}\nRESPONSE ${answer.status}\n${answer.text}`,
  );
}

async function tokenEndpoint(authority: string, attempts: Attempts): Promise<string> {
  const url = `${authority}/v2.0/.well-known/openid-configuration`;
  const answer = await ask({ method: "GET", url, headers: { accept: "application/json" } }, attempts);
  const { token_endpoint: endpoint } = parse(answer.text);
  if (answer.status === 200 && typeof endpoint === "string") return endpoint;
  throw new Error(
    `ClientSecretCredential: unable to resolve an endpoint: GET ${url}: status code ${answer.status}`,
  );
}

async function ask(call: Parameters<typeof sendUntilAnswered>[0], attempts: Attempts) {
  try {
    return await sendUntilAnswered(call, attempts);
  } catch (error) {
    attempts.signal.throwIfAborted();
    throw new Error(`ClientSecretCredential: ${(error as Error).message}`, { cause: error });
  }
}
