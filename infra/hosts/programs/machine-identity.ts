import { createDefaultHttpClient } from "@azure/core-rest-pipeline";
import type { HttpClient } from "@azure/core-rest-pipeline";
import { ManagedIdentityCredential } from "@azure/identity";

/** Of one request for a token, or of any other that has no limit of its own. */
const requestMs = 5000;

/**
 * The machine's identity. The credential keeps tokens until they are about to expire: a token endpoint that is down
 * stops nobody who has worked before.
 */
export function machineIdentity(clientId: string) {
  const httpClient = boundedHttpClient();
  // Whoever needs a token asks again soon: no retries in here.
  const credential = new ManagedIdentityCredential({ clientId, httpClient, retryOptions: { maxRetries: 0 } });
  return { httpClient, credential };
}

export type MachineIdentity = ReturnType<typeof machineIdentity>;

/**
 * A time limit on every request that is sent: the clients' own time-outs don't end a connection that
 * hangs, and a call's abort signal does not reach the request for a token.
 */
function boundedHttpClient(): HttpClient {
  const client = createDefaultHttpClient();
  return {
    sendRequest(request) {
      request.timeout = requestMs;
      return client.sendRequest(request);
    },
  };
}
