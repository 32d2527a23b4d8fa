import { isIPv4 } from "node:net";
import * as v from "valibot";

/** Building blocks of both stacks' schemas. A message says what is allowed. */

export const address = v.pipe(v.string("an IPv4 address"), v.ipv4("an IPv4 address"));

export const label = v.pipe(
  v.string("a DNS label"),
  v.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "a lower-case DNS label"),
);

const portText = "a port number from 1 to 65535";

/** Pulumi hands top-level numbers to programs as text. */
export const port = v.pipe(
  v.string("a port number"),
  v.regex(/^\d{1,5}$/, portText),
  v.transform(Number),
  v.minValue(1, portText),
  v.maxValue(65_535, portText),
);

const uuidText = "a UUID in lower case";
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const uuid = v.pipe(v.string(uuidText), v.regex(uuidPattern, uuidText));

const rangeText = "a range of IPv4 addresses, as 10.0.0.0/8";
export const range = v.pipe(v.string(rangeText), v.check(isRange, rangeText));

const networkText = "a network of 256 addresses, as 10.20.1.0/24";
/** Machines have fixed last parts of their addresses, so a network is a /24. */
export const network = v.pipe(
  v.string(networkText),
  v.check((text) => isRange(text) && text.endsWith(".0/24"), networkText),
);

const countText = "a whole number from 1 to 100";
export const count = v.pipe(
  v.number(countText),
  v.integer(countText),
  v.minValue(1, countText),
  v.maxValue(100, countText),
);

export function listOf<const T extends v.GenericSchema<unknown, string>>(item: T, what: string) {
  return v.pipe(
    v.array(item, `a list of ${what}`),
    v.check((items) => new Set(items).size === items.length, "a list without repetitions"),
  );
}

export function object<const T extends v.ObjectEntries>(entries: T) {
  const required = Object.keys(entries).filter((key) => entries[key]?.type !== "optional");
  return v.strictObject(entries, `an object with ${required.join(", ").replace(/, (?=[^,]*$)/, " and ")}`);
}

const prefixText = "3 to 17 lower-case letters, digits and single dashes, a letter first";
const zoneIdText = "32 hexadecimal digits";

/** The keys that both stacks have, with the same values in both. */
export const sharedEntries = {
  plant: v.picklist(["local", "azure"], "local or azure"),
  prefix: v.pipe(v.string(prefixText), v.regex(/^(?!.*--)[a-z][a-z0-9-]{1,15}[a-z0-9]$/, prefixText)),
  subscription: uuid,
  tenant: uuid,
  /** Object id of the service principal that runs Pulumi: a promotion signs in as no other kind (ARM_CLIENT_ID). */
  deployer: uuid,
  regions: object({ primary: v.string("a region of Azure"), secondary: v.string("a region of Azure") }),
  zone: object({
    id: v.pipe(v.string(zoneIdText), v.regex(/^[0-9a-f]{32}$/, zoneIdText)),
    name: v.pipe(
      v.string("a domain name"),
      v.regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, "a lower-case domain name"),
    ),
  }),
  clientPort: port,
  settingsEndpoint: v.optional(
    v.pipe(v.string("an https URL"), v.url("an https URL"), v.startsWith("https://", "an https URL")),
  ),
  /** Whom SQL servers obey: name and object id of a group in Entra ID. A local plant has nobody else than the deployer. */
  databaseAdministrator: v.optional(object({ login: v.string("the name of a group in Entra ID"), id: uuid })),
};

/** Names of the keys beside the one that a path leads to; for guesses at what was meant. */
export function keysAt(schema: v.GenericSchema, path: readonly string[]): string[] {
  const inner = unwrap(schema);
  const [key, ...rest] = path;
  if (inner.type === "array") return key === undefined ? [] : keysAt(inner.item, rest);
  if (inner.type !== "strict_object") return [];
  const child = key === undefined ? undefined : inner.entries[key];
  return rest.length > 0 && child ? keysAt(child, rest) : Object.keys(inner.entries);
}

type Inner =
  | { type: "array"; item: v.GenericSchema }
  | { type: "strict_object"; entries: Record<string, v.GenericSchema> }
  | { type: "other" };

function unwrap(schema: v.GenericSchema): Inner {
  const { wrapped } = schema as { wrapped?: v.GenericSchema };
  return wrapped ? unwrap(wrapped) : (schema as unknown as Inner);
}

function isRange(text: string): boolean {
  const [base = "", bits = ""] = text.split("/");
  return isIPv4(base) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
}
