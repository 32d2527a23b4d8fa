/**
 * The parts of docs/deployability.md that are made from the programs and from tests/engine/cloud-requests.ts. Run as
 * a program it brings the page up to date; a test compares the two.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { typeOfToken } from "../../local/cloud/azure/table/table.ts";
import { requestsOf } from "../engine/cloud-requests.ts";
import { leavesOf } from "./deployability-checks.ts";
import { notes } from "./deployability-notes.ts";
import { type Deployable, deployables, plain } from "./deployability-programs.ts";
import { apiVersionOf } from "./deployability-sdk.ts";

export const pageFile = join(import.meta.dirname, "../../docs/deployability.md");

type Row = readonly (string | number)[];

function table(columns: readonly string[], rows: readonly Row[]): string {
  return [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** By the marker that it stands behind: `<!-- types -->` … `<!-- /types -->`. */
export function sectionsOf(resources: readonly Deployable[]): Record<string, string> {
  return { types: typesTable(resources), requests: requestsTable() };
}

function typesTable(resources: readonly Deployable[]): string {
  const tokens = [...new Set(resources.map(({ type }) => type))].toSorted();
  const rows = tokens.map((token) => {
    const mine = resources.filter(({ type }) => type === token);
    const count = (stack: Deployable["stack"]) => mine.filter((resource) => resource.stack === stack).length;
    const name = token.slice("azure-native:".length);
    const { read, beyond } = notes[name] ?? { read: null, beyond: "not looked at" };
    const document = read
      ? `[document](https://learn.microsoft.com/${read}): ${beyond}`
      : `not checked: ${beyond}`;
    return [
      `\`${name}\``,
      apiVersionOf(token),
      `${count("primary")} + ${count("failover")}`,
      typeOfToken(token)?.nameRule.global ? "worldwide" : "",
      propertiesOf(mine).join(", "),
      document,
    ];
  });
  const columns = [
    "type",
    "API version",
    "primary + failover",
    "name unique",
    "inputs that are set",
    "beyond the SDK's types",
  ];
  return table(columns, rows);
}

/** Paths of everything that is set; tags and other maps by their own name. */
function propertiesOf(resources: readonly Deployable[]): string[] {
  const paths = resources.flatMap(({ inputs }) => leavesOf(plain(inputs)).map(({ path }) => path));
  return [...new Set(paths.map((path) => path.replace(/^tags\..*/, "tags")))].toSorted();
}

function requestsTable(): string {
  const rows = Object.entries(requestsOf).map(([name, { records, resources, reads, tokens }]) => {
    const writes = Object.entries(resources).map(([kind, n]) => `${n} × ${kind}`);
    return [`\`${name}\``, records, writes.join(", ") || 0, reads, tokens, 0];
  });
  const columns = [
    "switch from `normal` to",
    "Cloudflare writes",
    "Resource Manager writes",
    "reads",
    "tokens",
    "SSH",
  ];
  return table(columns, rows);
}

export function filled(page: string, sections: Record<string, string>): string {
  return Object.entries(sections).reduce((text, [name, section]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    if (!text.includes(start)) throw new Error(`the page has no ${start}`);
    return text.replace(new RegExp(`${start}[^]*${end}`), () => `${start}\n\n${section}\n\n${end}`);
  }, page);
}

if (import.meta.main) {
  const page = await readFile(pageFile, "utf8");
  await writeFile(pageFile, filled(page, sectionsOf(await deployables())));
}
