import type { Reply } from "../listener.ts";

/** learn.microsoft.com/azure/azure-app-configuration/rest-api: errors are problem details (RFC 7807). */
const problems = {
  unauthorized: [
    401,
    "Unauthorized",
    "The request has no token of this store's audience that is still valid.",
  ],
  forbidden: [
    403,
    "Operation not allowed",
    "The identity has none of the roles App Configuration Data Reader and Owner here.",
  ],
  notFound: [404, "Not found", "There is no such key-value."],
  badVersion: [400, "Unsupported API version", "The api-version is missing or not known."],
  tooMany: [
    429,
    "Too many requests",
    "The total number of requests exceeded the allocated bandwidth of an hour.",
  ],
  notServed: [501, "Not served by the local cloud", "The local cloud serves reads of key-values."],
} as const;

export type ProblemName = keyof typeof problems;

export function problem(name: ProblemName, headers: Record<string, string> = {}): Reply {
  const [status, title, detail] = problems[name];
  const type = `https://azconfig.io/errors/${name}`;
  return {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
    body: { type, title, status, detail },
  };
}
