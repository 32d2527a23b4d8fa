/**
 * What Azure answers: [status, code, message]. Codes are those of learn.microsoft.com's error references
 * (resource-manager/troubleshooting/common-deployment-errors, virtual-machines/error-codes, rest/api/sql/…) and of
 * public reports, read 2026-11; wordings follow reports and may be shortened. Rows marked (a) are assumed.
 */
const answers = {
  // Resource Manager itself.
  missingApiVersion: [
    400,
    "MissingApiVersionParameter",
    "The api-version query parameter (?api-version=) is required for all requests.",
  ],
  unknownApiVersion: [
    400,
    "InvalidResourceType",
    "The resource type '{type}' could not be found in the namespace '{namespace}' for api version '{version}'. The supported api-versions are '{supported}'.",
  ],
  unknownProvider: [
    400,
    "NoRegisteredProviderFound",
    "No registered resource provider found for location '{location}' and API version '{version}' for type '{type}'. The supported api-versions are '{supported}'.",
  ],
  authenticationMissing: [
    401,
    "AuthenticationFailed",
    "Authentication failed. The 'Authorization' header is missing.",
  ],
  invalidToken: [401, "InvalidAuthenticationToken", "The access token is invalid."],
  expiredToken: [
    401,
    "ExpiredAuthenticationToken",
    "The access token expiry UTC time '{at}' is earlier than current UTC time '{now}'.",
  ],
  wrongAudience: [
    401,
    "InvalidAuthenticationTokenAudience",
    "The access token has been obtained for wrong audience or resource '{audience}'.",
  ],
  subscriptionNotFound: [404, "SubscriptionNotFound", "The subscription '{name}' could not be found."],
  groupNotFound: [404, "ResourceGroupNotFound", "Resource group '{name}' could not be found."],
  parentNotFound: [
    404,
    "ParentResourceNotFound",
    "Failed to perform '{action}' on resource(s) of type '{type}', because the parent resource '{parent}' could not be found.",
  ],
  notFound: [
    404,
    "ResourceNotFound",
    "The Resource '{type}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
  ],
  invalidBody: [
    400,
    "InvalidRequestContent",
    "The request content was invalid and could not be deserialized: '{reason}'.",
  ],
  missingProperty: [
    400,
    "InvalidRequestFormat",
    "Cannot parse the request: required property '{property}' is missing.",
  ],
  invalidParameter: [400, "InvalidParameter", "The value of parameter {parameter} is invalid."],
  locationRequired: [400, "LocationRequired", "The location property is required for this definition."],
  locationNotAvailable: [
    400,
    "LocationNotAvailableForResourceType",
    "The provided location '{location}' is not available for resource type '{type}'. List of available regions for the resource type is '{regions}'.",
  ],
  groupLocation: [
    409,
    "InvalidResourceGroupLocation",
    "Invalid resource group location '{location}'. The Resource group already exists in location '{old}'.",
  ],
  resourceLocation: [
    409,
    "InvalidResourceLocation",
    "The resource '{name}' already exists in location '{old}' in resource group '{group}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
  ],
  invalidName: [
    400,
    "InvalidResourceName",
    "Resource name '{name}' is invalid. It must have {min} to {max} characters and match {pattern}.",
  ],
  immutable: [409, "PropertyChangeNotAllowed", "Changing property '{property}' is not allowed."],
  busy: [
    409,
    "AnotherOperationInProgress",
    "Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: {operation}.",
  ],
  groupBeingDeleted: [
    409,
    "ResourceGroupBeingDeleted",
    "The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
  ],
  methodNotAllowed: [
    405,
    "HttpMethodNotAllowed",
    "The HTTP method '{method}' is not supported at scope '{path}'.",
  ],
  throttled: [
    429,
    "SubscriptionRequestsThrottled",
    "Number of '{kind}' requests for subscription '{name}' actor '{principal}' exceeded. Please try again after '{seconds}' seconds after additional tokens are available.",
  ],
  regionDown: [
    503,
    "ServiceUnavailable",
    "The service is temporarily unavailable in '{location}'. Please try again later.",
  ],
  /** What an operation in flight ends with when its region fails. (a) */
  regionLost: [500, "InternalServerError", "An internal error occurred in '{location}'."],
  operationNotFound: [404, "OperationNotFound", "The operation '{name}' could not be found."],

  // The local cloud's own: it says what it does not serve, and never pretends.
  notServed: [501, "NotServedByLocalCloud", "The local cloud does not serve {call}."],
} as const satisfies Record<string, readonly [status: number, code: string, message: string]>;

export type AnswerName = keyof typeof answers;

/** An error as ARM answers it, and as an operation ends with it. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string> = {};

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ArmError";
    this.status = status;
    this.code = code;
  }

  body(): { error: { code: string; message: string } } {
    return { error: { code: this.code, message: this.message } };
  }

  with(headers: Record<string, string>): this {
    Object.assign(this.headers, headers);
    return this;
  }
}

/** One of Resource Manager's own answers; providers have theirs in rules/. */
export function armError(name: AnswerName, words: Record<string, string | number> = {}): ArmError {
  const [status, code, template] = answers[name];
  const message = template.replaceAll(/\{(\w+)\}/g, (_, word: string) => String(words[word] ?? ""));
  return new ArmError(status, code, message);
}

/** Short for retries: clients poll and try again soon. Go's SDK takes the first, JavaScript's the second. */
export function retrySoon(ms: number): Record<string, string> {
  return { "retry-after-ms": String(ms), "retry-after": String(Math.max(1, Math.ceil(ms / 1000))) };
}
