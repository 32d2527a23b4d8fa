import type { Socket } from "node:net";

const endOfStream = Symbol("end of stream");

interface Item {
  content: Buffer | typeof endOfStream;
  dueAt: number;
}

export interface DirectionOptions {
  from: Socket;
  /** Asked for every chunk, so that a changed latency counts from the next chunk on. */
  delayMs: () => number;
}

// What may wait for a slow, late or frozen receiver; then the sender feels back pressure.
const longestQueueBytes = 256 * 1024;

/** Carries one direction of a connection: in order, late if told so, half-close included. */
export class Direction {
  readonly #from: Socket;
  readonly #delayMs: () => number;
  readonly #queue: Item[] = [];
  #queuedBytes = 0;
  #to: Socket | undefined;
  #frozen = false;
  #blocked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ from, delayMs }: DirectionOptions) {
    this.#from = from;
    this.#delayMs = delayMs;
    from.on("data", (chunk) => this.#take(chunk));
    from.on("end", () => this.#take(endOfStream));
  }

  /** What came before is delivered now. */
  deliverTo(to: Socket): void {
    this.#to = to;
    to.on("drain", () => {
      this.#blocked = false;
      this.#deliver();
    });
    to.on("close", () => clearTimeout(this.#timer));
    this.#deliver();
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    this.#deliver();
  }

  #take(content: Item["content"]): void {
    const earliest = performance.now() + this.#delayMs();
    // Never before what is already waiting, even if the latency has just become shorter.
    this.#queue.push({ content, dueAt: Math.max(earliest, this.#queue.at(-1)?.dueAt ?? 0) });
    this.#queuedBytes += sizeOf(content);
    if (this.#queuedBytes > longestQueueBytes) this.#from.pause();
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    const to = this.#to;
    if (!to || to.destroyed || this.#frozen) return;
    while (!this.#blocked) {
      const next = this.#queue[0];
      if (!next) break;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      this.#send(to, next.content);
    }
  }

  #send(to: Socket, content: Item["content"]): void {
    this.#queuedBytes -= sizeOf(content);
    if (content === endOfStream) to.end();
    else this.#blocked = !to.write(content);
    if (this.#queuedBytes <= longestQueueBytes && this.#from.isPaused()) this.#from.resume();
  }
}

function sizeOf(content: Item["content"]): number {
  return content === endOfStream ? 0 : content.length;
}
