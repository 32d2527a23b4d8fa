import { armError } from "./arm-error.ts";

/**
 * learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling, read 2026-11: buckets
 * per region, subscription and principal. Here per principal, as there is one subscription; the 15 times larger
 * bucket of the whole subscription is left out. Polls of operations are not counted, because here they come ten
 * times as often as Azure's Retry-After would let them.
 */
export const publishedBuckets = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
};

export type Buckets = typeof publishedBuckets;
type Kind = keyof Buckets;

const kindOfMethod: Readonly<Record<string, Kind>> = { GET: "reads", HEAD: "reads", DELETE: "deletes" };

export class Throttle {
  readonly #buckets: Buckets;
  readonly #nowMs: () => number;
  readonly #levels = new Map<string, { tokens: number; atMs: number }>();

  constructor(buckets: Buckets, nowMs: () => number) {
    this.#buckets = buckets;
    this.#nowMs = nowMs;
  }

  /**
   * Takes one token.
   * @returns the header that says how many are left.
   * @throws ArmError 429 with the seconds until there is one again.
   */
  take(method: string, principal: string, subscriptionId: string): Record<string, string> {
    const kind = kindOfMethod[method] ?? "writes";
    const { size, perSecond } = this.#buckets[kind];
    const key = `${principal} ${kind}`;
    const nowMs = this.#nowMs();
    const level = this.#levels.get(key) ?? { tokens: size, atMs: nowMs };
    const tokens = Math.min(size, level.tokens + ((nowMs - level.atMs) / 1000) * perSecond);
    if (tokens < 1) {
      this.#levels.set(key, { tokens, atMs: nowMs });
      const seconds = Math.max(1, Math.ceil((1 - tokens) / perSecond));
      const words = { kind: kind.slice(0, -1), name: subscriptionId, principal, seconds };
      throw armError("throttled", words).with({ "retry-after": String(seconds) });
    }
    this.#levels.set(key, { tokens: tokens - 1, atMs: nowMs });
    return { [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(Math.floor(tokens - 1)) };
  }
}
