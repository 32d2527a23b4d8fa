import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { array, assert, integer, property, string, tuple } from "fast-check";
import { fit, type Section } from "../../../evidence/preview/fit.ts";
import { commentLimit, marker, renderPreview, renderRefusal } from "../../../evidence/preview/markdown.ts";
import { isBlocked, type PreviewReport } from "../../../evidence/preview/report.ts";
import { code, fenced, plain } from "../../../evidence/markdown.ts";
import { verdictTextOf } from "../../../evidence/preview/verdict.ts";
import { cases, hugeReport, reportOf, topologies } from "../../preview/cases.ts";

const golden = join(import.meta.dirname, "../../preview/golden");
const fullText = "reports/preview-2026-11-30T14-39-41.628Z/preview.md";

function comment(report: PreviewReport): string {
  return renderPreview(report, { limit: commentLimit, fullText });
}

/** UPDATE_GOLDEN=1 writes the files again; git diff then shows what a reviewer will see instead. */
for (const [name, report] of Object.entries(cases)) {
  test(`the comment for ${name} is the one in tests/preview/golden`, (t) => {
    const file = join(golden, `${name}.md`);
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, comment(report));
    t.is(comment(report), readFileSync(file, "utf8"));
    t.true(comment(report).startsWith(`${marker}\n\n**`));
  });
}

const verdicts: Record<string, [blocked: boolean, line: RegExp]> = {
  "nothing-changes": [
    false,
    /^No change to disaster recovery: merging changes nothing, and all 12 switches do/,
  ],
  "docs-only": [
    false,
    /^No change to disaster recovery: no deployment, switch or drill reads what differs \(2 files\)/,
  ],
  "one-topology-changes": [
    false,
    /^Merging changes nothing; 1 of 12 topologies changes; nothing stateful is deleted/,
  ],
  "ttl-600": [
    true,
    /^Blocked: Load balancer: RTO ≤ 10 min cannot hold in .* and in 3 more cases: it takes 10 min 1 s by itself, 1 min 1 s before/,
  ],
  "database-renamed": [true, /^Blocked: .*Database database.* no switch was previewed/],
  "200-resources": [
    false,
    /^Merging changes 200 resources; no switch changes \(12 topologies\); nothing stateful .*; 200 warnings\.$/,
  ],
};

for (const [name, [blocked, line]] of Object.entries(verdicts)) {
  test(`the verdict on ${name} ${blocked ? "blocks" : "does not block"}`, (t) => {
    const report = cases[name] as PreviewReport;
    t.is(isBlocked(report), blocked);
    t.regex(verdictTextOf(report), line);
  });
}

test("a comment fits GitHub's limit whatever the size, and its full text holds everything", (t) => {
  for (const n of [0, 1, 200, 2000]) {
    const report = hugeReport(n);
    const short = comment(report);
    t.true(Buffer.byteLength(short) <= commentLimit, `${n}: ${short.length}`);
    t.regex(short, /Base `0d25723`/);
    const whole = renderPreview(report, { limit: Number.POSITIVE_INFINITY, fullText });
    for (let index = 0; index < n; index += 1) t.true(whole.includes(`workers-${index}: `));
  }
});

test("what a comment leaves out is counted, and it says where it is", (t) => {
  const short = comment(hugeReport(2000));
  t.regex(short, /… 1,9\d\d more findings: `reports\/preview-/);
  t.regex(short, /… [12],\d\d\d more lines: `reports\/preview-/);
});

test("a text that fits is left whole", (t) => {
  const section: Section = ["long enough", "short"];
  t.is(fit([section, [""], ["end"]], 100), "long enough\n\nend\n");
  t.is(fit([section, ["end"]], 14), "short\n\nend\n");
});

test("no text is longer than its limit", (t) => {
  const form = string({ maxLength: 300 });
  const section = tuple(form, form, form).map((forms): Section => forms);
  assert(
    property(array(section, { maxLength: 8 }), integer({ min: 10, max: 400 }), (sections, limit) => {
      t.true(Buffer.byteLength(fit(sections, limit)) <= limit);
    }),
  );
  t.pass();
});

test("a name from a change can be no markup, no mention and no end of a code block", (t) => {
  t.is(plain("<img> @team *x* `y` | a\nb"), "&lt;img&gt; @\u200Bteam \\*x\\* \\`y\\` \\| a b");
  t.is(plain("$x$ https://elsewhere"), String.raw`\$x\$ https:${"\u200B"}//elsewhere`);
  t.is(code("a`b|c\nd"), "`a'b¦c d`");
  t.is(fenced(["```", "x"], "text"), "````text\n```\nx\n````");
  const [first] = topologies();
  const bad = '"]; click x "javascript:" <b>`@team`</b>';
  const named = {
    ...first,
    name: bad,
    base: null,
    head: first?.head && {
      ...first.head,
      figures: { ...first.head.figures, axes: { ...first.head.figures.axes, [bad]: bad } },
    },
    findings: [],
  } as unknown as PreviewReport["topologies"][number];
  const text = comment(reportOf({ topologies: [named], head: bad, notes: [bad] }));
  t.notRegex(text.replaceAll(/`[^`\n]*`/g, ""), /<b>|@team/);
});

test("a change that cannot be previewed has a comment of its own", (t) => {
  const message = "INVALID_CONFIG\n  the program does not run: Error: boom\n  In: head\n  Next: correct it";
  const text = renderRefusal(message);
  t.true(text.startsWith(`${marker}\n\n**Not previewed: INVALID\\_CONFIG.**`));
  t.regex(text, /Error: boom/);
  t.true(renderRefusal(`X\n${"y\n".repeat(100_000)}`).length <= commentLimit);
});

test("a topology that is new, one that is gone, and one that was left out are told apart", (t) => {
  const [first, second, third] = topologies() as [
    PreviewReport["topologies"][number],
    PreviewReport["topologies"][number],
    PreviewReport["topologies"][number],
  ];
  const report = reportOf({
    topologies: [
      { ...first, base: null },
      { ...second, head: null },
      { ...third, head: third.head && { ...third.head, plan: null } },
    ],
  });
  const text = comment(report);
  t.regex(text, /`bypass-open` \(new\)/);
  t.regex(text, /It recovers DNS &amp; CloudFlare: The way back from dns-only: .* No scenario judges it\./);
  t.regex(text, /`lb-direct` \(removed\)/);
  t.regex(text, /1 topology not previewed/);
  t.regex(verdictTextOf(report), /no switch changes \(3 topologies, 1 new, 1 removed, 1 not previewed\)/);
});
