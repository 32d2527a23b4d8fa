import { monotonicMs } from "./journal.ts";

/**
 * Acts at its own times, whether or not what it began before has ended. Times are monotonic milliseconds.
 * @returns what ends it
 */
export function openLoop(periodMs: number, firstMs: number, act: (dueMs: number) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const next = (dueMs: number): void => {
    timer = setTimeout(
      () => {
        act(dueMs);
        next(dueMs + periodMs);
      },
      Math.max(0, dueMs - monotonicMs()),
    );
  };
  next(firstMs);
  return () => clearTimeout(timer);
}
