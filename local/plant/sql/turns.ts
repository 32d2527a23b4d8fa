/** Work on one thing is done one after the other, in the order it came; on different things at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(names: string[], work: () => Promise<T>): Promise<T> {
    const before = Promise.all(names.map((name) => this.#last.get(name) ?? Promise.resolve()));
    const turn = before.then(work);
    const settled = turn.catch(() => {
      // Told to whoever asked; the next one has its turn all the same.
    });
    names.forEach((name) => this.#last.set(name, settled));
    return turn;
  }
}
