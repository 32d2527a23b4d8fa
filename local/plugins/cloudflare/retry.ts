/** As cloudflare-go v6.10 (internal/requestconfig), which the official plugin uses; measured 2026-11. */
export const tries = 11;
const firstDelayMs = 2000;
const longestDelayMs = 30_000;
const jitter = 0.25;
const retriedStatuses = new Set([408, 409, 429]);

type Headers = Record<string, string | string[] | undefined>;

/** Whether an answer is worth another try. The server's `x-should-retry` has the last word. */
export function isRetried(status: number, headers: Headers): boolean {
  const asked = headers["x-should-retry"];
  if (asked === "true" || asked === "false") return asked === "true";
  return retriedStatuses.has(status) || status >= 500;
}

export interface Clock {
  nowMs: () => number;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/**
 * How long to wait before try number `retry` + 1, in milliseconds: what the server asks for, without an upper
 * limit, else 2, 4, 8, 16, 30, 30 … s less up to a quarter.
 */
export function retryDelayMs(retry: number, headers: Headers, clock: Clock): number {
  const asked = askedDelayMs(headers, clock.nowMs());
  if (asked !== undefined) return Math.max(0, asked);
  const delayMs = Math.min(firstDelayMs * 2 ** retry, longestDelayMs);
  return delayMs * (1 - jitter * clock.random());
}

function askedDelayMs(headers: Headers, nowMs: number): number | undefined {
  const milliseconds = readNumber(headers["retry-after-ms"]);
  if (milliseconds !== undefined) return milliseconds;
  const retryAfter = headers["retry-after"];
  const seconds = readNumber(retryAfter);
  if (seconds !== undefined) return seconds * 1000;
  const dateMs = typeof retryAfter === "string" ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

function readNumber(text: string | string[] | undefined): number | undefined {
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
