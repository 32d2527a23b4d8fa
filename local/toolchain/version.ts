/** The first group of a pattern in a program's output. */
export function versionIn(output: string, pattern: RegExp): string | undefined {
  return pattern.exec(output)?.[1];
}

/** Whether `version` is `minimum` or newer, compared number by number: 3.9 is older than 3.250. */
export function atLeast(version: string, minimum: string): boolean {
  const found = numbersOf(version);
  for (const [index, needed] of numbersOf(minimum).entries()) {
    const number = found[index] ?? 0;
    if (number !== needed) return number > needed;
  }
  return true;
}

function numbersOf(version: string): number[] {
  return version.split(".").map(Number);
}
