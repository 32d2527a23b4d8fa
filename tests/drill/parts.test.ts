import { readFileSync } from "node:fs";
import test from "ava";
import { followSettings, partRules, plannedPromotionSeconds } from "../../drill/part-rules.ts";
import { partsOf } from "../../drill/parts.ts";
import { measure } from "../../drill/measure.ts";
import { axesOf } from "../../infra/compose.ts";
import { scenarios } from "../../drill/scenarios.ts";
import { journal, rule } from "./samples.ts";

/** A number in a program that runs elsewhere, or by itself, so that nothing can be imported from it. */
function figureIn(file: string, pattern: RegExp): number {
  const source = readFileSync(new URL(`../../infra/${file}`, import.meta.url), "utf8");
  return Number(pattern.exec(source)?.[1]?.replaceAll("_", ""));
}

const figureOf = (program: string, pattern: RegExp): number => figureIn(`hosts/programs/${program}`, pattern);

test("how long hosts follow old settings is what their programs allow", (t) => {
  const refreshSeconds = figureOf("settings.ts", /defaultRefreshSeconds = ([\d.]+);/);
  const least = figureOf("settings.ts", /ms \* \(([\d.]+) \+ Math\.random\(\)/);
  const spread = figureOf("settings.ts", /Math\.random\(\) \* ([\d.]+)\)/);
  t.is(followSettings.pauseSeconds, refreshSeconds * (least + spread));
  t.is(followSettings.readSeconds, figureOf("settings-store.ts", /callMs = (\d+);/) / 1000);
  t.is(followSettings.agentSeconds, figureOf("load-balancer-agent.ts", /periodMs = (\d+);/) / 1000);
  const parts = partsOf(scenarios["api-main-poisoned"], measure(journal(), rule));
  const follow = parts.find(({ name }) => name === "hosts read their settings");
  t.is(follow?.realSeconds, 22);
});

test("the firewall takes part where the switch opens it, and nowhere else", (t) => {
  const [firewall] = partRules.filter(({ name }) => name === "security rule");
  const to = axesOf("lb-direct");
  const applies = (change: { from: typeof to; to: typeof to }) =>
    firewall?.applies(change, measure(journal(), rule));
  t.true(applies({ from: axesOf("normal"), to }));
  t.false(applies({ from: axesOf("bypass-open"), to }));
  t.false(applies({ from: axesOf("normal"), to: { ...to, bypass: "closed" } }));
  t.false(applies({ from: axesOf("normal"), to: axesOf("lb-backup") }));
});

test("a planned promotion is given up for a forced one when its program says so", (t) => {
  const ms = figureIn("promotion/promote.ts", /plannedMs = \{[^}]*accepted: ([\d_]+)/);
  t.is(plannedPromotionSeconds, ms / 1000);
});

test("docs/fidelity.md has each part, and what its figure rests on", (t) => {
  const page = readFileSync(new URL("../../docs/fidelity.md", import.meta.url), "utf8");
  for (const { name, basis } of partRules) {
    const row = page.split("\n").find((line) => line.startsWith(`| ${name}`));
    t.true(row?.includes(` | ${basis} | `), `${name}: ${basis}`);
  }
});
