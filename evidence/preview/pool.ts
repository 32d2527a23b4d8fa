/** Lets so many run at a time; the others wait for their turn, in order. */
export class Pool {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  readonly #signal: AbortSignal;

  constructor(size: number, signal: AbortSignal) {
    this.#free = Math.max(1, size);
    this.#signal = signal;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      this.#signal.throwIfAborted();
      return await work();
    } finally {
      // A place that is handed on is never free in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
