import { AppConfigurationClient } from "@azure/app-configuration";
import { createDefaultHttpClient } from "@azure/core-rest-pipeline";
import type { HttpClient } from "@azure/core-rest-pipeline";
import { ManagedIdentityCredential } from "@azure/identity";

export interface Pulled {
  value: string;
  /** To be handed in with the next pull. */
  etag: string | undefined;
}

export interface SettingsStore {
  /** The settings' text; null when it is still the one with this etag. */
  pull(etag: string | undefined): Promise<Pulled | null>;
}

const key = "failover";
const callMs = 5000;

/** Whoever follows the settings asks again soon: no retries in here. */
const retryOptions = { maxRetries: 0 };

/** Azure App Configuration, read as the machine's identity. */
export function openStore({ endpoint, clientId }: { endpoint: string; clientId: string }): SettingsStore {
  const httpClient = boundedHttpClient();
  const credential = new ManagedIdentityCredential({ clientId, httpClient, retryOptions });
  const client = new AppConfigurationClient(endpoint, credential, { httpClient, retryOptions });
  return {
    async pull(etag) {
      const setting = await client.getConfigurationSetting(
        { key, ...(etag && { etag }) },
        { onlyIfChanged: etag !== undefined, abortSignal: AbortSignal.timeout(callMs) },
      );
      return setting.statusCode === 304 ? null : { value: setting.value ?? "", etag: setting.etag };
    },
  };
}

/**
 * A time limit on every request that is sent: the clients' own time-outs don't end a connection that
 * hangs, and a call's abort signal does not reach the request for a token.
 */
function boundedHttpClient(): HttpClient {
  const client = createDefaultHttpClient();
  return {
    sendRequest(request) {
      request.timeout = callMs;
      return client.sendRequest(request);
    },
  };
}
