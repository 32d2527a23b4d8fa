/** A part of a text in several lengths, the longest first. */
export type Section = readonly [string, ...string[]];

const between = "\n\n";

/**
 * The sections as one text of at most so many bytes of UTF-8, and so of characters: as long as it is too long, the longest section that has a
 * shorter form takes it. Sections whose form is empty leave no gap.
 */
export function fit(sections: readonly Section[], limit: number): string {
  const chosen = sections.map(() => 0);
  const formOf = (index: number): string => sections[index]?.[chosen[index] ?? 0] ?? "";
  for (;;) {
    const forms = sections.map((_, index) => formOf(index));
    const text = `${forms.filter((form) => form !== "").join(between)}\n`;
    if (Buffer.byteLength(text) <= limit) return text;
    const shrinkable = sections
      .map((_, index) => index)
      .filter((index) => canShrink(sections, chosen, index));
    const longest = shrinkable.toSorted((a, b) => formOf(b).length - formOf(a).length)[0];
    // Every section is as short as it gets: what is cut is the end of the last ones.
    if (longest === undefined) return cut(text, limit);
    chosen[longest] = (chosen[longest] ?? 0) + 1;
  }
}

/** A character that is cut in half is left out. */
function cut(text: string, limit: number): string {
  const whole = Buffer.from(text)
    .subarray(0, limit - 1)
    .toString("utf8");
  return `${whole.replace(/\uFFFD+$/, "")}\n`;
}

function canShrink(sections: readonly Section[], chosen: readonly number[], index: number): boolean {
  return (chosen[index] ?? 0) < (sections[index]?.length ?? 0) - 1;
}
