import { ArmError, armError, retrySoon } from "./arm-error.ts";
import { plainRegion } from "./regions.ts";

/** An error that the next matching writes end with: a quota, a SKU, a missing role. */
export interface Refusal {
  /** ARM type, in any case. */
  type: string;
  /** Every name when absent. */
  name?: string | undefined;
  status: number;
  code: string;
  message: string;
  /** How often. */
  times: number;
}

/** What a drill can make the control plane do, beside failing as a whole. */
export class Switches {
  readonly #downRegions = new Set<string>();
  #refusals: Refusal[] = [];
  /** vCPUs that the subscription may have in each region; null is no limit. */
  cores: number | null = null;

  /** Reads go on; writes in the region are refused. */
  setRegion(location: string, writes: "served" | "refused"): void {
    const region = plainRegion(location);
    if (writes === "refused") this.#downRegions.add(region);
    else this.#downRegions.delete(region);
  }

  get downRegions(): string[] {
    return [...this.#downRegions];
  }

  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  addRefusal(refusal: Refusal): void {
    this.#refusals.push({ ...refusal });
  }

  /** @throws ArmError 503 when a write concerns a region that is down. */
  checkRegions(regions: readonly (string | undefined)[]): void {
    const down = regions.find((region) => region !== undefined && this.#downRegions.has(plainRegion(region)));
    if (down !== undefined) throw armError("regionDown", { location: down }).with(retrySoon(1000));
  }

  /** @throws ArmError of the first refusal that fits. */
  checkRefusals(type: string, name: string): void {
    const fits = (refusal: Refusal) =>
      refusal.type.toLowerCase() === type.toLowerCase() &&
      (refusal.name === undefined || refusal.name.toLowerCase() === name.toLowerCase());
    const refusal = this.#refusals.find(fits);
    if (!refusal) return;
    refusal.times -= 1;
    this.#refusals = this.#refusals.filter(({ times }) => times > 0);
    throw new ArmError(refusal.status, refusal.code, refusal.message).with(
      refusal.status === 429 || refusal.status >= 500 ? retrySoon(1000) : {},
    );
  }
}
