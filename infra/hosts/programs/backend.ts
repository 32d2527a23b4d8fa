import { isCustomer } from "./customers.ts";
import type { Work } from "./answer.ts";
import { Database } from "./database.ts";
import type { HostFile } from "./host-file.ts";
import { machineIdentity } from "./machine-identity.ts";
import { Relay } from "./relay.ts";
import type { SettingsFollower } from "./settings.ts";

export type Backend = ReturnType<typeof openBackend>;

/** A client must hear within its patience what its request came to. */
const requestMs = 1000;
/** The relay's include the calls of a queue that hangs. */
const relayMs = 5000;

/** What an API server has behind it: database, relay and queues. Everything that needs packages is below. */
export function openBackend({ settings }: HostFile, follower: SettingsFollower) {
  const { clientId } = settings;
  const identity = machineIdentity(clientId);
  const place = () => follower.current?.database;
  const shared = { clientId, identity, place };
  const database = new Database({ ...shared, connections: 5, workMs: requestMs });
  const relay = new Relay({
    identity,
    database: new Database({ ...shared, connections: 1, workMs: relayMs }),
    storage: () => follower.current?.storage,
  });
  void relay.run();
  return {
    /** For a customer whose key is known; null for anybody else. @throws Unavailable */
    workFor: (key: string, work: Work) =>
      database.use(async (connection) => ((await isCustomer(connection, key)) ? work(connection) : null)),
    jobAccepted: () => relay.wake(),
  };
}
