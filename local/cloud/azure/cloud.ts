import type { Durations } from "./durations.ts";
import type { Firewall } from "./firewall.ts";
import type { MachineIdentities } from "./machine-identity.ts";
import type { Machines } from "./machines.ts";
import type { Operations } from "./operations.ts";
import type { Plant } from "./plant.ts";
import type { ResourceStore } from "./resource-store.ts";
import type { Switches } from "./switches.ts";
import type { Caller } from "./tokens.ts";
import type { ResourceType } from "./table/row.ts";
import type { Document, Json } from "./document.ts";
import type { Resource } from "./resource.ts";

export interface AzureSettings {
  tenantId: string;
  subscriptionId: string;
  clientId: string;
  clientSecret: string;
  /** Object id of the client: Owner of the subscription. */
  principalId: string;
  publicAddresses: { reserved: Readonly<Record<string, string>>; pool: string };
}

/** Everything that the rules of a type may look at. */
export interface Cloud {
  settings: AzureSettings;
  store: ResourceStore;
  operations: Operations;
  durations: Durations;
  switches: Switches;
  plant: Plant;
  machines: Machines;
  firewall: Firewall;
  identities: MachineIdentities;
  /** Where machines get tokens, and the data plane of the configuration store. */
  urls: { identity: string; appConfiguration: string };
}

/** A PUT or PATCH that is being judged. Rules may fill in `document` and `kept`. */
export interface Change {
  row: ResourceType;
  id: string;
  key: string;
  name: string;
  parent: Resource | undefined;
  old: Resource | undefined;
  document: Document;
  kept: Json;
  caller: Caller;
  cloud: Cloud;
}

export interface Subject {
  resource: Resource;
  cloud: Cloud;
  caller: Caller;
}

/** What one type has of its own. Everything is optional: a type without rules is stored and answered. */
export interface Rules {
  /** Properties of a singleton that nobody has written yet. */
  defaults?: Json;
  /** Judges, and fills in what the provider decides. @throws ArmError, and nothing has changed. */
  accept?: (change: Change) => void;
  /** What takes time: while the operation runs, or before a call that starts none is answered. */
  carryOut?: (resource: Resource, change: Change) => Promise<void>;
  /** Properties beside those a client sent. */
  outputs?: (resource: Resource, cloud: Cloud) => Json;
  /** Properties that only the plant knows, asked for when the resource itself is read. */
  observe?: (resource: Resource, cloud: Cloud) => Promise<Json>;
  /** Envelope keys beside those a client sent. */
  envelope?: (resource: Resource, cloud: Cloud) => Json;
  /** Children that a client may also send inside this resource. A PUT without them removes those that are there. */
  inline?: { property: string; type: string };
  /** Paths that are written and never read back. */
  writeOnly?: readonly string[];
  /** @throws ArmError when it may not be read by this caller. */
  readable?: (subject: Subject) => void;
  /** @throws ArmError when it is in use. Not asked when its whole group goes. */
  removable?: (subject: Subject) => void;
  /** What takes time when it goes. */
  clear?: (resource: Resource, cloud: Cloud) => Promise<void>;
  /** By verb in lower case. Judges at once, and returns the work. */
  actions?: Readonly<Record<string, (subject: Subject, body: Json) => () => Promise<void>>>;
  /** POSTs that only read, by verb in lower case. */
  answers?: Readonly<Record<string, (subject: Subject) => Json>>;
  /** Seconds beside the table of durations. */
  seconds?: (change: Change) => number | undefined;
}
