/**
 * As azcore v1.20 with azure-native's settings (client_azcore.go: RetryDelay 20 s, MaxRetryDelay 120 s); the
 * delays of the token endpoint are azcore's own. Measured 2026-11.
 */
export interface RetryPolicy {
  /** In all, the first one included. */
  tries: number;
  firstDelayMs: number;
  longestDelayMs: number;
}

export const armRetries: RetryPolicy = { tries: 4, firstDelayMs: 20_000, longestDelayMs: 120_000 };
export const tokenRetries: RetryPolicy = { tries: 4, firstDelayMs: 800, longestDelayMs: 60_000 };

const retriedStatuses = new Set([408, 429, 500, 502, 503, 504]);

export type Headers = Record<string, string | string[] | undefined>;

export interface Clock {
  nowMs: () => number;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** Whether an answer is worth another try. `code` is that of the error in its body. */
export function isRetried(status: number, code: string | undefined): boolean {
  return retriedStatuses.has(status) || (status === 409 && code === "AnotherOperationInProgress");
}

/**
 * How long to wait before try number `retry` + 2, in milliseconds: what the server asks for, else 20, 60, 120 s,
 * each times 0.8 to 1.3. undefined: not at all, because the server asks for more than the longest delay.
 */
export function retryDelayMs(
  retry: number,
  headers: Headers,
  { policy, clock }: { policy: RetryPolicy; clock: Clock },
): number | undefined {
  const asked = askedDelayMs(headers, clock.nowMs());
  if (asked !== undefined) return asked > policy.longestDelayMs ? undefined : asked;
  const delayMs = policy.firstDelayMs * (2 ** (retry + 1) - 1) * (0.8 + 0.5 * clock.random());
  return Math.min(delayMs, policy.longestDelayMs);
}

/** A zero counts as not asked: azcore then waits its own time. */
export function askedDelayMs(headers: Headers, nowMs: number): number | undefined {
  const milliseconds = readNumber(headers["retry-after-ms"]) ?? readNumber(headers["x-ms-retry-after-ms"]);
  if (milliseconds) return milliseconds;
  const retryAfter = headers["retry-after"];
  const seconds = readNumber(retryAfter);
  if (seconds !== undefined) return seconds > 0 ? seconds * 1000 : undefined;
  const dateMs = typeof retryAfter === "string" ? Date.parse(retryAfter) - nowMs : Number.NaN;
  return dateMs > 0 ? dateMs : undefined;
}

function readNumber(text: string | string[] | undefined): number | undefined {
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
