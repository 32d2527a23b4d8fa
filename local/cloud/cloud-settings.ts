import * as v from "valibot";
import { FailoverError } from "../../infra/errors.ts";
import { durationModes } from "./azure/durations.ts";
import { isLoopback } from "./loopback.ts";

const outsideLoopback = "not an address in 127.0.0.0/8";
const loopback = v.pipe(
  v.string(),
  v.check((address) => isLoopback(address), outsideLoopback),
);
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const text = v.pipe(v.string(), v.nonEmpty());

const dataPlane = v.strictObject({
  zoneFile: text,
  nameServerAddress: loopback,
  nsdControl: v.strictObject({
    command: v.pipe(v.array(text), v.minLength(1)),
    env: v.optional(v.record(v.string(), v.string())),
  }),
  edgeMap: v.strictObject({ file: text, socket: text }),
});

const uuid = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "not a UUID"),
);

const azure = v.strictObject({
  /** Of Resource Manager and of tokens. Without it the address after Cloudflare's. */
  address: v.optional(loopback),
  port,
  /** Without it the address after the one above: the settings store has to fail apart from everything else. */
  appConfigurationAddress: v.optional(loopback),
  appConfigurationPort: port,
  /** PEM file: certificate chain and key for both addresses. */
  certificate: text,
  tenantId: uuid,
  subscriptionId: uuid,
  clientId: uuid,
  clientSecret: text,
  /** Object id of the client, which is Owner of the subscription. */
  principalId: uuid,
  publicAddresses: v.strictObject({
    /** By the name of the public address resource. */
    reserved: v.record(text, loopback),
    /** CIDR for all others. */
    pool: v.pipe(v.string(), v.regex(/^127(\.\d{1,3}){3}\/\d{1,2}$/, outsideLoopback)),
  }),
  durations: v.picklist(durationModes),
  /** Of the tokens' signatures, for those who check them outside the cloud process. Without it a new one. */
  tokenKey: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64,}$/, "not 32 or more bytes in hex"))),
});

const schema = v.strictObject({
  address: loopback,
  controlPort: port,
  controlToken: v.pipe(v.string(), v.minLength(16)),
  cloudflare: v.strictObject({
    port,
    apiToken: v.pipe(v.string(), v.regex(/^[\w-]{40,}$/, "an API token has 40 or more of A-Z a-z 0-9 _ -")),
    zone: v.pipe(
      v.string(),
      v.toLowerCase(),
      v.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "a zone is a domain name"),
    ),
    recordLimit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 200),
    edgeAddresses: v.pipe(v.array(loopback), v.minLength(1)),
    ttlDivisor: v.pipe(v.number(), v.minValue(1)),
    /** Without it records are kept and answered, and nothing serves them. */
    dataPlane: v.optional(dataPlane),
  }),
  azure: v.optional(azure),
});

export type CloudSettings = v.InferInput<typeof schema>;
export type CheckedCloudSettings = v.InferOutput<typeof schema>;

/**
 * Reads what the parent writes on the first line of stdin.
 * @throws FailoverError NOT_LOOPBACK or INVALID_CONFIG, with every problem, before anything listens.
 */
export function readCloudSettings(line: string): CheckedCloudSettings {
  const { success, output, issues } = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), line);
  if (success) return output;
  const outside = issues.some(({ message }) => message === outsideLoopback);
  throw new FailoverError(outside ? "NOT_LOOPBACK" : "INVALID_CONFIG", {
    problems: issues.map((issue) => `${v.getDotPath(issue) ?? "settings"}: ${issue.message}`),
    where: "the settings of the local cloud",
    fix: "Start the local cloud through npm run drill or npm run local.",
  });
}
