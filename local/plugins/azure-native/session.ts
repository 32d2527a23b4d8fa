import type { Properties } from "../rpc.ts";
import { ArmClient } from "./arm-client.ts";
import type { Locations } from "./check.ts";
import { readMetadata } from "./metadata.ts";
import { type ProviderConfig, resolveConfig } from "./provider-config.ts";
import { Transport } from "./transport.ts";

/** What the official plugin asks a group's location with (provider.go, apiVersionResources). */
const groupApiVersion = "2020-10-01";

/** One configured provider: whom it talks to, and what ends it. */
export class Session {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #groups = new Map<string, Promise<string | undefined>>();
  #cancellation = new AbortController();
  #open: { config: ProviderConfig; client: ArmClient } | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** Reads the configuration and asks the cloud where it is. @throws Error when either is not good. */
  async open(properties: Properties): Promise<void> {
    const config = resolveConfig(properties, this.#environment);
    const transport = new Transport(this.#environment);
    const metadata = await readMetadata(config, transport, this.cancelled);
    this.#open = { config, client: new ArmClient({ config, metadata }, transport) };
  }

  get client(): ArmClient {
    return this.#opened.client;
  }

  get cancelled(): AbortSignal {
    return this.#cancellation.signal;
  }

  /** Ends the waits and requests under way at once. Later calls are not affected. */
  cancel(): void {
    this.#cancellation.abort(new Error("context canceled"));
    this.#cancellation = new AbortController();
  }

  /** A group is asked about once. That it cannot be asked is no error: the location is then missing. */
  locations(): Locations {
    const { config, client } = this.#opened;
    const ask = async (name: string) => {
      const path = `/subscriptions/${config.subscriptionId}/resourceGroups/${name}`;
      const group = await client.get(path, groupApiVersion, this.cancelled).catch(() => undefined);
      return typeof group?.location === "string" ? group.location : undefined;
    };
    return {
      configured: config.location,
      ofGroup: (name) => {
        const answer = this.#groups.get(name) ?? ask(name);
        this.#groups.set(name, answer);
        return answer;
      },
    };
  }

  get #opened() {
    if (!this.#open) throw new Error("the provider is not configured");
    return this.#open;
  }
}
