import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { type Scenario, scenarios } from "../../drill/scenarios.ts";
import { renderTopologies } from "../../evidence/topologies.ts";
import { degraded, normal } from "../../infra/topologies.ts";

const root = join(import.meta.dirname, "..", "..");
const [begin, end] = ["<!-- topologies -->", "<!-- /topologies -->"];

function read(page: string): string {
  const path = join(root, page);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** What stands between the markers of a page; undefined for a page without them. */
function matrixOf(page: string): string | undefined {
  const text = read(page);
  if (!text.includes(begin)) return undefined;
  return text.slice(text.indexOf(begin) + begin.length, text.indexOf(end)).trim();
}

test("the runbook shows the topologies that the program knows", (t) => {
  t.is(matrixOf("docs/runbook.md"), renderTopologies());
});

test("a table of topologies in the README is that of the program", (t) => {
  t.is(matrixOf("README.md") ?? renderTopologies(), renderTopologies());
});

function rowOf(topology: string): string | undefined {
  return renderTopologies()
    .split("\n")
    .find((line) => line.startsWith(`| \`${topology}\` `));
}

test("the table of topologies names of each the axes that are not as in normal, and no other", (t) => {
  const { because } = degraded["lb-direct"];
  t.is(rowOf("lb-direct"), `| \`lb-direct\` | DNS & CloudFlare | edge dns-only, bypass open | ${because} |`);
});

test("the table of topologies names every axis of normal", (t) => {
  for (const [axis, value] of Object.entries(normal)) t.true(rowOf("normal")?.includes(`${axis} ${value}`));
});

/** A row of the runbook: what is broken, the scenario that rehearses it, the topology to switch to. */
function runbookRow(scenario: string): string | undefined {
  return read("docs/runbook.md")
    .split("\n")
    .find((line) => line.startsWith("|") && line.includes(`| \`${scenario}\` |`));
}

function namesTheTopology(t: ExecutionContext, name: string, { topology }: Scenario): void {
  t.true(runbookRow(name)?.endsWith(`| ${topology ? `\`${topology}\`` : "none"} |`), runbookRow(name));
}

for (const [name, scenario] of Object.entries<Scenario>(scenarios)) {
  test(
    `the runbook names the topology that the drill switches to in ${name}`,
    namesTheTopology,
    name,
    scenario,
  );
}
