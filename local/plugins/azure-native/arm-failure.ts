import type { HttpAnswer } from "./transport.ts";
import { isObject } from "./values.ts";

/** An answer that is an error, as the official plugin prints it: `Status=409 Code="…" Message="…"`. */
export class ArmFailure extends Error {
  readonly status: number;

  constructor(answer: HttpAnswer) {
    const { code, message } = errorOf(answer);
    const named = code === undefined ? "" : ` Code="${code}"`;
    super(`Status=${answer.status}${named} Message="${message}"`);
    this.name = "ArmFailure";
    this.status = answer.status;
  }
}

/** Code and message of an answer's body `{error: {code, message}}`; without one the whole body is the message. */
export function errorOf({ headers, text }: HttpAnswer): { code: string | undefined; message: string } {
  const body = parse(text);
  const error = isObject(body.error) ? body.error : body;
  const header = headers["x-ms-error-code"];
  const code = typeof header === "string" ? header : error.code;
  const message = isObject(body.error) && typeof body.error.message === "string" ? body.error.message : text;
  return { code: typeof code === "string" ? code : undefined, message };
}

/** `{}` for anything but an object. */
export function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // A proxy's page instead of JSON: callers then print the text itself.
  }
}
