/** What ends a call: the engine's Cancel, or its own time. */
export interface Deadline extends Disposable {
  signal: AbortSignal;
}

/** azureContext of the official plugin: 2 h where the program sets no customTimeouts. */
const usualSeconds = 7200;

/** @param seconds 0 for the usual time */
export function startDeadline(cancelled: AbortSignal, seconds: number): Deadline {
  const late = new AbortController();
  const end = () => late.abort(new Error("operation timed out"));
  const timer = setTimeout(end, (seconds || usualSeconds) * 1000).unref();
  return {
    signal: AbortSignal.any([cancelled, late.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
