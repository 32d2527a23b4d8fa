import { timingSafeEqual } from "node:crypto";
import type { AzureSettings } from "./cloud.ts";
import type { Call, Reply } from "./listener.ts";
import type { Tokens } from "./tokens.ts";

/**
 * What azure-native reads before anything else, by its api-version 2022-09-01: the base of every call, the
 * authority, and the audience of tokens.
 */
export function metadata(base: string): object {
  return {
    name: "AzureCloud",
    portal: base,
    authentication: {
      loginEndpoint: `${base}/`,
      audiences: [base],
      tenant: "common",
      identityProvider: "AAD",
    },
    media: base,
    graph: `${base}/graph`,
    graphAudience: `${base}/graph`,
    microsoftGraphResourceId: `${base}/graph`,
    resourceManager: base,
    batch: base,
    suffixes: {
      storage: "core.windows.net",
      keyVaultDns: "vault.azure.net",
      sqlServerHostname: "database.windows.net",
      acrLoginServer: "azurecr.io",
    },
  };
}

const discovery = /^\/([^/]+)\/(?:v2\.0\/)?\.well-known\/openid-configuration$/;
const tokenCall = /^\/([^/]+)\/oauth2\/(?:v2\.0\/)?token$/;

export function isLogin(path: string): boolean {
  return discovery.test(path) || tokenCall.test(path);
}

/** Entra: OpenID discovery, and tokens for the one client there is. */
export class Login {
  readonly #settings: AzureSettings;
  readonly #tokens: Tokens;

  constructor(settings: AzureSettings, tokens: Tokens) {
    this.#settings = settings;
    this.#tokens = tokens;
  }

  answer({ method, path, body }: Call, base: string): Reply {
    const tenant = (discovery.exec(path) ?? tokenCall.exec(path))?.[1] ?? "";
    if (tenant !== this.#settings.tenantId) return refused("unknownTenant", { tenant });
    if (discovery.test(path)) return { status: 200, body: this.#configuration(base) };
    if (method !== "POST") return { status: 405 };
    return this.#token(new URLSearchParams(body));
  }

  #configuration(base: string): object {
    const at = `${base}/${this.#settings.tenantId}`;
    return {
      issuer: `${at}/v2.0`,
      authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
      token_endpoint: `${at}/oauth2/v2.0/token`,
      end_session_endpoint: `${at}/oauth2/v2.0/logout`,
      jwks_uri: `${at}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ["client_secret_post"],
      response_types_supported: ["code"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid"],
      tenant_region_scope: null,
    };
  }

  #token(form: URLSearchParams): Reply {
    const { clientId, clientSecret, principalId } = this.#settings;
    const grant = form.get("grant_type") ?? "";
    if (grant !== "client_credentials") return refused("unsupportedGrant", { grant });
    const client = form.get("client_id") ?? "";
    if (client.toLowerCase() !== clientId.toLowerCase()) return refused("unknownClient", { client });
    if (!isSame(form.get("client_secret") ?? "", clientSecret)) return refused("wrongSecret", { client });
    const scope = (form.get("scope") ?? "").split(" ").find((each) => each.endsWith("/.default"));
    if (scope === undefined) return refused("missingScope", {});
    const { token } = this.#tokens.issue(
      { oid: principalId, appid: clientId },
      scope.slice(0, -"/.default".length),
    );
    return {
      status: 200,
      body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: token },
    };
  }
}

/** learn.microsoft.com/entra/identity-platform/reference-error-codes */
const refusals = {
  unknownTenant: [
    400,
    "invalid_request",
    90_002,
    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.",
  ],
  unsupportedGrant: [
    400,
    "unsupported_grant_type",
    70_003,
    "The app requested an unsupported grant type '{grant}'.",
  ],
  unknownClient: [
    400,
    "unauthorized_client",
    700_016,
    "Application with identifier '{client}' was not found in the directory.",
  ],
  wrongSecret: [
    401,
    "invalid_client",
    7_000_215,
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'.",
  ],
  missingScope: [
    400,
    "invalid_request",
    900_144,
    "The request body must contain the following parameter: 'scope'.",
  ],
} as const;

function refused(name: keyof typeof refusals, words: Record<string, string>): Reply {
  const [status, error, code, template] = refusals[name];
  const message = template.replaceAll(/\{(\w+)\}/g, (_, word: string) => words[word] ?? "");
  const timestamp = new Date().toISOString();
  return {
    status,
    body: { error, error_description: `AADSTS${code}: ${message}`, error_codes: [code], timestamp },
  };
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}
