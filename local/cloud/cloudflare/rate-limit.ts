import { ApiError } from "./api-error.ts";

/** developers.cloudflare.com/fundamentals/api/reference/limits, read 2026-11: per user or token. */
export const publishedLimit = { requests: 1200, windowSeconds: 300 };

/**
 * Counts the calls of one token. Past the limit every call is refused for a whole further window, as the
 * documentation says of Cloudflare; a refused call does not lengthen it.
 */
export class RateLimit {
  readonly #limit: typeof publishedLimit;
  readonly #nowMs: () => number;
  #windowEndsMs = 0;
  #blockedUntilMs = 0;
  #used = 0;

  constructor(limit: typeof publishedLimit, nowMs: () => number) {
    this.#limit = limit;
    this.#nowMs = nowMs;
  }

  /**
   * Takes one call.
   * @returns the documented headers.
   * @throws ApiError 971 with Retry-After in seconds, rounded up.
   */
  take(): Record<string, string> {
    const nowMs = this.#nowMs();
    if (nowMs < this.#blockedUntilMs) throw this.#refusal(nowMs);
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + this.#limit.windowSeconds * 1000;
      this.#used = 0;
    }
    if (this.#used >= this.#limit.requests) {
      this.#blockedUntilMs = nowMs + this.#limit.windowSeconds * 1000;
      this.#windowEndsMs = this.#blockedUntilMs;
      throw this.#refusal(nowMs);
    }
    this.#used += 1;
    return this.#headers(nowMs);
  }

  #refusal(nowMs: number): ApiError {
    const seconds = Math.ceil((this.#blockedUntilMs - nowMs) / 1000);
    return new ApiError("rateLimited", {
      headers: { ...this.#headers(nowMs), "retry-after": String(seconds) },
    });
  }

  #headers(nowMs: number): Record<string, string> {
    const { requests, windowSeconds } = this.#limit;
    const resetSeconds = Math.ceil((this.#windowEndsMs - nowMs) / 1000);
    return {
      ratelimit: `"default";r=${requests - this.#used};t=${resetSeconds}`,
      "ratelimit-policy": `"burst";q=${requests};w=${windowSeconds}`,
    };
  }
}
