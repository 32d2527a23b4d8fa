import { ProvisioningFailure } from "./provisioning-failure.ts";

/** What `runcmd` may hold. */
export type Command = { install: string } | { reloadUnits: true } | { enable: string };

interface KnownCommand {
  words: RegExp;
  command: (found: Record<string, string>) => Command;
}

const known: readonly KnownCommand[] = [
  {
    words: /^npm ci --prefix (?<folder>\/opt\/\S+) --omit=dev --ignore-scripts$/,
    command: ({ folder = "" }) => ({ install: folder }),
  },
  { words: /^systemctl daemon-reload$/, command: () => ({ reloadUnits: true }) },
  {
    words: /^systemctl enable --now (?<unit>[\w@.-]+\.service)$/,
    command: ({ unit = "" }) => ({ enable: unit }),
  },
];

/** @throws ProvisioningFailure naming a command that a local machine does not know */
export function parseCommand(words: string[]): Command {
  const line = words.join(" ");
  for (const { words: pattern, command } of known) {
    const match = pattern.exec(line);
    if (match) return command(match.groups ?? {});
  }
  throw new ProvisioningFailure(`runcmd: [${words.join(", ")}] is not a command a local machine knows`);
}
