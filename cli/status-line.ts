import type { WriteStream } from "node:tty";

/** Prints lines; on a terminal also one line below them that is rewritten in place. */
export class StatusLine {
  readonly #stream: WriteStream;
  #shown = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  print(line: string): void {
    this.#clear();
    this.#stream.write(`${line}\n`);
  }

  /** Without a terminal nothing is written: a log wants no control characters. */
  update(line: string | undefined): void {
    if (!this.#stream.isTTY || line === undefined) return;
    this.#clear();
    this.#stream.write(line.slice(0, (this.#stream.columns || 80) - 1));
    this.#shown = true;
  }

  #clear(): void {
    if (!this.#shown) return;
    this.#stream.cursorTo(0);
    this.#stream.clearLine(0);
    this.#shown = false;
  }
}
