import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

// A machine's whole disk passes here as one line, private keys included.
const longestLoggedLine = 500;

/** Standard output of a process, line by line, copied to its log (long lines cut). */
export class LineReader {
  /** Never settles for a process without output. */
  readonly first: Promise<string>;
  readonly #listeners: ((line: string) => void)[] = [];

  constructor(output: Readable | null, log: string) {
    if (!output) {
      this.first = new Promise(() => {});
      return;
    }
    const copy = createWriteStream(log, { flags: "a" });
    // A full disk or a folder already removed must not end the plant for the sake of its log.
    copy.on("error", () => {});
    const reader = createInterface({ input: output });
    this.first = new Promise((resolve) => reader.once("line", resolve));
    reader.on("line", (line) => {
      copy.write(`${shorten(line)}\n`);
      this.#listeners.forEach((listener) => listener(line));
    });
    reader.on("close", () => copy.end());
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }
}

function shorten(line: string): string {
  return line.length > longestLoggedLine ? `${line.slice(0, longestLoggedLine)} …` : line;
}
