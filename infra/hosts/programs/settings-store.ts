import { AppConfigurationClient } from "@azure/app-configuration";
import { machineIdentity } from "./machine-identity.ts";

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

/** Azure App Configuration, read as the machine's identity. */
export function openStore({ endpoint, clientId }: { endpoint: string; clientId: string }): SettingsStore {
  const { credential, httpClient } = machineIdentity(clientId);
  // Whoever follows the settings asks again soon.
  const retryOptions = { maxRetries: 0 };
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
