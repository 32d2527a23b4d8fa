import type { IncomingMessage } from "node:http";

const mostBytes = 16 * 1024;
const utcTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/;
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** A body that is not as it must be; the message says what is wrong with it. */
export class BadBody extends Error {
  readonly status: 400 | 413;

  constructor(message: string, status: 400 | 413 = 400) {
    super(message);
    this.status = status;
  }
}

/** @throws BadBody when it is too long or no JSON object */
export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) throw new BadBody(`more than ${mostBytes} bytes`, 413);
  }
  return objectIn(Buffer.concat(chunks).toString("utf8"));
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadBody("the body is no JSON object");
}

/** What a value must be, in words, and how that is seen. */
const kinds = {
  "a UUID": isUuid,
  "a whole number": (value: unknown) => Number.isSafeInteger(value),
  "a UTC time in ISO 8601": isUtcTime,
  // PostgreSQL's text has no NUL.
  "a text": (value: unknown) => typeof value === "string" && !value.includes("\0"),
} satisfies Record<string, (value: unknown) => boolean>;

export type Kind = keyof typeof kinds;

/** @throws BadBody naming the first key that is not of its kind */
export function valuesIn(body: Record<string, unknown>, wanted: Record<string, Kind>): (string | number)[] {
  return Object.entries(wanted).map(([key, kind]) => {
    if (!kinds[kind](body[key])) throw new BadBody(`${key} is not ${kind}`);
    return body[key] as string | number;
  });
}

/** `Date.parse` takes more than that, and takes 30 February for 2 March: PostgreSQL does neither. */
function isUtcTime(value: unknown): boolean {
  if (typeof value !== "string" || !utcTime.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value.slice(0, 19));
}

export function isUuid(value: unknown): value is string {
  return typeof value === "string" && uuid.test(value);
}
