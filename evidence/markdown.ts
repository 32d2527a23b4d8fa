/**
 * Texts for a Markdown comment. Names and values come from a change that anybody may have proposed: none may become
 * markup, a mention, or the end of a code block.
 */

/** In a sentence. */
export function plain(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_[\]{}|#~!$]/g, String.raw`\$&`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("@", "@\u200B")
    .replaceAll("://", ":\u200B//");
}

/** A name, in a sentence or in a cell. */
export function code(text: string): string {
  return `\`${oneLine(text).replaceAll("`", "'").replaceAll("|", "¦")}\``;
}

/** Lines as they are; a fence is longer than every run of backticks in them. */
export function fenced(lines: readonly string[], language: string): string {
  const text = lines.join("\n");
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Closed until somebody wants to know. GitHub reads Markdown in it after an empty line. */
export function collapsed(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(row))].join("\n");
}

/** "1 update", "3 updates". */
export function count(n: number, what: string): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? what : plural(what)}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function plural(what: string): string {
  if (what.endsWith("y")) return `${what.slice(0, -1)}ies`;
  return what.endsWith("ch") ? `${what}es` : `${what}s`;
}

export function shortened(text: string, most: number): string {
  const line = oneLine(text);
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
