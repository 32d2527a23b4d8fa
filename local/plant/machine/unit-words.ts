import { ProvisioningFailure } from "./provisioning-failure.ts";

/**
 * Splits a systemd command line or list: words apart by blanks, quotes around all or a part of a word.
 * @throws ProvisioningFailure at an open quote, or a specifier (`%n`), which nothing here resolves
 */
export function splitWords(line: string): string[] {
  if (/%(?!%)/.test(line.replaceAll("%%", ""))) throw new ProvisioningFailure(`${line} has a specifier`);
  const words: string[] = [];
  const word = /\s*((?:"[^"]*"|'[^']*'|[^\s"'])+)/y;
  while (word.lastIndex < line.trimEnd().length) {
    const match = word.exec(line);
    if (!match) throw new ProvisioningFailure(`${line} has a quote that does not end`);
    words.push((match[1] ?? "").replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2").replaceAll("%%", "%"));
  }
  return words;
}

/**
 * Variables as systemd puts them in: `${NAME}` anywhere, and `$NAME` alone as as many words as its
 * value has (systemd.service(5), "Command lines").
 */
export function expandWords(words: string[], environment: Record<string, string>): string[] {
  return words.flatMap((word) => {
    const whole = /^\$(\w+)$/.exec(word);
    if (whole) return splitWords(environment[whole[1] ?? ""] ?? "");
    return [word.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? "")];
  });
}
