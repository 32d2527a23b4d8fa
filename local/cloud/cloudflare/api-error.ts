const sameNameHelp =
  "For more details, refer to <https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/>.";

/**
 * What Cloudflare really answers: [HTTP status, code, message], as quoted in public reports up to 2026-11.
 * Rows without a report, and 81056, 9004, 9006, 9009, 9300, 1006 and 1007, have a code or wording that none confirmed.
 */
const answers = {
  /** Reports of calls without a token to api.cloudflare.com, 2026-10. */
  missingAuthorization: [400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"],
  /** github.com/kissgyorgy/cloudflare-dyndns/issues/40; the code 6111 sits in error_chain. */
  malformedAuthorization: [400, 6003, "Invalid request headers"],
  /** An unknown token is named differently by each service: verify 401/1000, zones 403/9109, records 401/10000. */
  unknownTokenAtVerify: [401, 1000, "Invalid API Token"],
  unknownTokenAtZones: [403, 9109, "Invalid access token"],
  unknownTokenAtRecords: [401, 10000, "Authentication error"],
  /** github.com/cloudflare/terraform-provider-cloudflare/issues/5505. */
  rateLimited: [429, 971, "Please wait and consider throttling your request speed"],
  /** github.com/timothymiller/cloudflare-ddns/issues/152; {path} as requested. */
  noRoute: [400, 7003, "Could not route to {path}, perhaps your object identifier is invalid?"],
  /** github.com/cloudflare/workers-sdk/issues/2100 has 7003 only; a zone that is not the token's own is 9109. */
  foreignZone: [403, 9109, "Unauthorized to access requested resource"],
  /** github.com/zanjie1999/cloudflare-api-v4-ddns/issues/5. */
  recordNotFound: [404, 81044, "Record does not exist."],
  /** github.com/cloudflare/terraform-provider-cloudflare/issues/1247. */
  addressOrAliasExists: [
    400,
    81053,
    `An A, AAAA, or CNAME record with that host already exists. ${sameNameHelp}`,
  ],
  /** github.com/jeessy2/ddns-go/issues/1557. */
  aliasExists: [400, 81054, `A CNAME record with that host already exists. ${sameNameHelp}`],
  /** github.com/cloudflare/cloudflare-docs/pull/10789; code assumed. */
  delegationExists: [400, 81056, `NS records with that host already exist. ${sameNameHelp}`],
  /** Measured with the official provider. Until about 2022 the same case was 81057, "Record already exists." */
  identicalRecord: [400, 81058, "An identical record already exists."],
  /** github.com/js-org/js.org/issues/2873 and github.com/thunderbird/thunderbird-accounts/issues/1060. */
  quotaExceeded: [400, 81045, "Record quota exceeded."],
  /** github.com/undefinedplayer/cloudflare-ddns/issues/10. */
  malformedJson: [400, 6007, "Malformed JSON in request body"],
  /** github.com/timothymiller/cloudflare-ddns/issues/61. */
  wrongContentType: [400, 9207, "Content-type must be application/json."],
  invalidBody: [400, 9207, "Request body is invalid."],
  /** github.com/timothymiller/cloudflare-ddns/issues/91. */
  invalidName: [400, 9000, "DNS name is invalid."],
  invalidType: [400, 1004, "DNS Validation Error"],
  /** github.com/DNSControl/dnscontrol/issues/4776 has 9003 for a target; the wording for a type is assumed. */
  notProxiable: [400, 9004, "This record type cannot be proxied."],
  /** github.com/timothymiller/cloudflare-ddns/issues/230. */
  invalidA: [400, 9005, "Content for A record must be a valid IPv4 address."],
  invalidAAAA: [400, 9006, "Content for AAAA record must be a valid IPv6 address."],
  /** github.com/kubernetes-sigs/external-dns/issues/2409. */
  invalidCNAME: [400, 9007, "Content for CNAME record is invalid."],
  invalidHost: [400, 9009, "Content for {type} record must be a hostname."],
  /** github.com/kubernetes-sigs/external-dns/issues/4749. */
  selfReference: [400, 9039, "CNAME content cannot reference itself."],
  /** github.com/timothymiller/cloudflare-ddns/issues/179. */
  invalidTtl: [400, 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic."],
  /** The wording of github.com/cloudflare/cloudflare-php/issues/136, the code of later reports. */
  requiredField: [400, 9101, "{field} is a required field."],
  tagQuota: [400, 9300, "DNS record has {count} tags, exceeding the quota of 0."],
  unknownSetting: [400, 1006, "Unrecognized zone setting name"],
  settingValue: [400, 1007, "Invalid value for zone setting {setting}"],
  /** Not Cloudflare's: what this emulator says of a call it does not serve. */
  notServed: [501, 7001, "The local cloud does not serve {call}."],
  dataPlaneFailed: [500, 1101, "The record is stored, but the local DNS or edge could not be told: {reason}"],
} as const satisfies Record<string, readonly [status: number, code: number, message: string]>;

export type AnswerName = keyof typeof answers;

/** An error as the v4 API answers it; `headers` go out with it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly chain: { code: number; message: string }[];
  readonly headers: Record<string, string>;

  constructor(
    name: AnswerName,
    details: {
      words?: Record<string, string>;
      chain?: ApiError["chain"];
      headers?: ApiError["headers"];
    } = {},
  ) {
    const [status, code, template] = answers[name];
    super(template.replaceAll(/\{(\w+)\}/g, (_, word: string) => details.words?.[word] ?? ""));
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.chain = details.chain ?? [];
    this.headers = details.headers ?? {};
  }

  body(): object {
    const { code, message, chain } = this;
    const error = chain.length > 0 ? { code, message, error_chain: chain } : { code, message };
    return { result: null, success: false, errors: [error], messages: [] };
  }
}
