/**
 * How often a drill may miss, with 95 % confidence, when `misses` of `runs` did: the exact bound of Clopper and
 * Pearson (Biometrika 26, 1934), one-sided. It is the rate at which so few misses have a chance of 5 %.
 * Without a miss it is 1 − 0.05^(1/n), which the "rule of three" rounds to 3/n (Hanley and Lippman-Hand, JAMA 249,
 * 1983). Fewer than 59 runs prove nothing about 95 % of the recoveries.
 * @returns 0 to 1; 1 where nothing was run
 */
export function missRateBound(misses: number, runs: number): number {
  if (misses >= runs) return 1;
  if (misses === 0) return 1 - 0.05 ** (1 / runs);
  let [low, high] = [misses / runs, 1];
  // Halved until a double has no more digits.
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(misses, runs, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Chance of at most k misses in n runs when each misses with this rate: the binomial distribution, summed up. In
 * logarithms, as the first terms of many runs are smaller than any double.
 */
function chanceOfAtMost(k: number, n: number, rate: number): number {
  let term = n * Math.log1p(-rate);
  let sum = Math.exp(term);
  for (let i = 1; i <= k; i += 1) {
    term += Math.log((n - i + 1) / i) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(term);
  }
  return sum;
}
