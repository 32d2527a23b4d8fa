/** learn.microsoft.com/azure/azure-app-configuration/faq, read 2026-11: requests an hour, or a day on the free tier. */
const published: Readonly<Record<string, { requests: number; seconds: number }>> = {
  free: { requests: 1000, seconds: 86_400 },
  developer: { requests: 6000, seconds: 3600 },
  standard: { requests: 30_000, seconds: 3600 },
};

/** Counts a store's requests. The premium tier has no quota. */
export class Quota {
  readonly #nowMs: () => number;
  #endsMs = 0;
  #used = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get used(): number {
    return this.#used;
  }

  /** @returns milliseconds until requests are served again, or null when this one is. */
  take(sku: string): number | null {
    const limit = published[sku.toLowerCase()];
    const now = this.#nowMs();
    if (now >= this.#endsMs) {
      this.#endsMs = now + (limit?.seconds ?? 3600) * 1000;
      this.#used = 0;
    }
    if (limit && this.#used >= limit.requests) return Math.ceil(this.#endsMs - now);
    this.#used += 1;
    return null;
  }
}
