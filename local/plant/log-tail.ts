import { readFileSync } from "node:fs";

const tailLines = 15;

/** The last lines of a log, for an error message. */
export function logTail(log: string): string {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").slice(-tailLines).join("\n");
  } catch {
    // A process that never wrote has no log worth failing over.
    return "";
  }
}
