/** Something that a request or a job needs is out of reach; the message says what, for whoever waits for it. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

export function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
