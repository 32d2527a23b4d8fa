/** What plain `pulumi` and a client need to act on a local plant, and where it is. */
export interface LocalEnvironmentOptions {
  /** Folders for PATH, first to last; the system's own follow. */
  bin: string;
  home: string;
  user: string;
  pulumiHome: string;
  /** Folder of the state backend. */
  state: string;
  /** Compiled JavaScript is kept here between runs. */
  compileCache: string;
  cloudflareApi: string;
  apiToken: string;
  /** Azure Resource Manager, `address:port`, and who calls it. */
  arm: {
    metadataHost: string;
    tenantId: string;
    subscriptionId: string;
    clientId: string;
    clientSecret: string;
  };
  /** Folder with what servers are given and no stack file holds. */
  secrets: string;
  /** PEM file with the system's authorities and the plant's. */
  caBundle: string;
  /** PEM file with the plant's authority alone. */
  clientCa: string;
}

/** The passphrase of the committed stack files. It protects nothing: a stack file holds no secret. */
export const publishedPassphrase = "local";

/**
 * The whole environment of a `pulumi` that acts on a local plant.
 * Complete on its own: nothing else of the caller's environment is needed, and nothing of it may leak in.
 */
export function localEnvironment(options: LocalEnvironmentOptions): Record<string, string> {
  const { bin, home, user, pulumiHome, state, compileCache, cloudflareApi, apiToken, caBundle, clientCa } =
    options;
  const { arm, secrets } = options;
  return {
    PATH: `${bin}:/usr/bin:/bin`,
    HOME: home,
    USER: user,
    LANG: "C.UTF-8",
    PULUMI_HOME: pulumiHome,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: publishedPassphrase,
    NODE_COMPILE_CACHE: compileCache,
    FAILOVER_PLANT: "local",
    CLOUDFLARE_BASE_URL: cloudflareApi,
    CLOUDFLARE_API_TOKEN: apiToken,
    ARM_METADATA_HOSTNAME: arm.metadataHost,
    ARM_DISABLE_INSTANCE_DISCOVERY: "true",
    ARM_TENANT_ID: arm.tenantId,
    ARM_SUBSCRIPTION_ID: arm.subscriptionId,
    ARM_CLIENT_ID: arm.clientId,
    ARM_CLIENT_SECRET: arm.clientSecret,
    FAILOVER_SECRETS: secrets,
    SSL_CERT_FILE: caBundle,
    NODE_EXTRA_CA_CERTS: clientCa,
  };
}
