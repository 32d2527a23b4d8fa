import type { ResourceLog } from "./engine-log.ts";

const newline = 0x0a;
/** Longest line that the official plugin's reader takes (bufio.MaxScanTokenSize). */
const longestLineBytes = 64 * 1024;

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";
type StreamName = "stdout" | "stderr";

const logged: Record<Logging, readonly StreamName[]> = {
  stdout: ["stdout"],
  stderr: ["stderr"],
  stdoutAndStderr: ["stdout", "stderr"],
  none: [],
};

export interface Outputs {
  stdout: string;
  stderr: string;
}

/** What one command prints: kept apart for the outputs, together for errors, line by line for the engine's log. */
export class Output {
  readonly #log: ResourceLog;
  readonly #logged: readonly StreamName[];
  readonly #chunks: { from: StreamName; bytes: Buffer }[] = [];
  #line: Buffer[] = [];
  #lineBytes = 0;
  #tooLong = false;

  /** An unknown `logging` logs nothing, as with the official plugin. */
  constructor(log: ResourceLog, logging: Logging = "stdoutAndStderr") {
    this.#log = log;
    this.#logged = logged[logging] ?? [];
  }

  add(from: StreamName, bytes: Buffer): void {
    this.#chunks.push({ from, bytes });
    if (this.#logged.includes(from)) this.#logLines(bytes);
  }

  /** Both streams as they came. */
  get text(): string {
    return Buffer.concat(this.#chunks.map(({ bytes }) => bytes)).toString();
  }

  /**
   * @returns the outputs, without one newline at the end of each.
   * @throws Error where the official plugin would hang for ever: its log reader stops at a line of 64 KiB and
   * nobody empties the pipe any more (measured, 1.2.1)
   */
  async finish(): Promise<Outputs> {
    this.#endLine();
    await this.#log.flush();
    if (this.#tooLong) {
      throw new Error(
        "a line of output has 64 KiB or more, at which the official command plugin hangs; print shorter lines, or set logging to none",
      );
    }
    return { stdout: this.#read("stdout"), stderr: this.#read("stderr") };
  }

  #read(name: StreamName): string {
    const own = this.#chunks.filter(({ from }) => from === name).map(({ bytes }) => bytes);
    return Buffer.concat(own).toString().replace(/\n$/, "");
  }

  /** Both streams share one line, as in the official plugin: a part of a line goes before what follows on the other. */
  #logLines(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#extendLine(bytes.subarray(start, end));
      this.#writeLine();
      start = end + 1;
    }
    this.#extendLine(bytes.subarray(start));
  }

  #extendLine(part: Buffer): void {
    this.#line.push(part);
    this.#lineBytes += part.length;
    this.#tooLong ||= this.#lineBytes >= longestLineBytes;
  }

  #endLine(): void {
    if (this.#lineBytes > 0) this.#writeLine();
  }

  #writeLine(): void {
    const message = Buffer.concat(this.#line).toString().replace(/\r$/, "");
    this.#log.write({ severity: "info", message, ephemeral: true });
    this.#line = [];
    this.#lineBytes = 0;
  }
}
