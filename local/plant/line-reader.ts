import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Standard output of a process, line by line, copied to its log. */
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
    copy.on("error", () => output.unpipe(copy).resume());
    output.pipe(copy);
    const reader = createInterface({ input: output });
    this.first = new Promise((resolve) => reader.once("line", resolve));
    reader.on("line", (line) => this.#listeners.forEach((listener) => listener(line)));
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }
}
