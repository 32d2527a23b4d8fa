import test from "ava";
import type { Browser, Page } from "playwright-core";
import { launch, type Look, open, type Scheme, schemes, widths } from "./open-page.ts";
import { type Report, reports, screenshotPath, spoiltPage } from "./pages.ts";

/** WCAG 2.2 AA asks for this of text. */
const leastContrast = 4.5;

let browser: Browser;
test.before(async () => {
  browser = await launch();
});
test.after.always(() => browser.close());

interface View {
  report: Report;
  width: number;
  scheme: Scheme;
}

const made = reports();
const views = made.flatMap((report) =>
  widths.flatMap((width) => schemes.map((scheme): View => ({ report, width, scheme }))),
);

const titleOf = ({ report, width, scheme }: View): string => `${report.name} at ${width} px, ${scheme}`;

const nothingIsCutOff = test.macro({
  title: (_, view: View) =>
    `${titleOf(view)}: nothing is cut off, no text lies on another, nothing complains or asks the network`,
  async exec(t, { report, ...view }: View) {
    const { page, complaints, look } = await open(browser, report.file, view);
    t.deepEqual(complaints, []);
    t.deepEqual(await look.cutOff(), []);
    await picture(page, `${report.name}-${view.width}-${view.scheme}`);
    await look.openDetails();
    t.deepEqual(await look.cutOff(), []);
    await page.close();
  },
});

/** Of the first screen, and of the first scenario. */
async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: screenshotPath(name) });
  const scenario = page.locator("section:has(svg.strip)").first();
  if ((await scenario.count()) > 0) await scenario.screenshot({ path: screenshotPath(`${name}-scenario`) });
}

const everybodyCanRead = test.macro({
  title: (_, view: View) =>
    `${titleOf(view)}: texts have a contrast of ${leastContrast}, and axe finds nothing`,
  async exec(t, { report, ...view }: View) {
    const { page, look } = await open(browser, report.file, view);
    await look.openDetails();
    t.deepEqual(await look.faint(leastContrast), []);
    t.deepEqual(await look.violations(), []);
    await page.close();
  },
});

for (const view of views) {
  test.serial(nothingIsCutOff, view);
  test.serial(everybodyCanRead, view);
}

const isFitForPaper = test.macro({
  title: (_, report: Report) => `${report.name} on paper: white, everything open, nothing cut off`,
  async exec(t, report: Report) {
    // A4 between its margins.
    const { page, look } = await open(browser, report.file, { width: 718, scheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    t.is(
      await page.evaluate<string>("getComputedStyle(document.body).backgroundColor"),
      "rgb(255, 255, 255)",
    );
    t.deepEqual(await look.cutOff(), []);
    t.deepEqual(await look.hiddenTables(), []);
    t.deepEqual(await look.faint(leastContrast), []);
    t.true((await page.pdf({ format: "A4" })).length > 10_000);
    await page.close();
  },
});

for (const report of made) test.serial(isFitForPaper, report);

/** What is wrong with a page is found: each look sees a page that was spoilt for it. */
const spoilt: Readonly<Record<string, (look: Look) => Promise<string[]>>> = {
  "main { min-width: 1400px }": (look) => look.cutOff(),
  "td { overflow: hidden; white-space: nowrap; max-width: 20px }": (look) => look.cutOff(),
  "svg.map text { font-size: 40px }": (look) => look.cutOff(),
  "dd { color: #999 }": (look) => look.faint(leastContrast),
  "svg.map text { fill: #ccc }": (look) => look.faint(leastContrast),
  "h1 { color: #eee }": (look) => look.violations(),
  "details::details-content { display: none }": (look) => look.hiddenTables(),
};

for (const [style, find] of Object.entries(spoilt)) {
  test.serial(`a page with "${style}" is found out`, async (t) => {
    const [report] = made.filter(({ name }) => name !== "rehearsal");
    const { page, look } = await open(browser, report?.file ?? "", { width: 1280, scheme: "light" });
    await page.addStyleTag({ content: style });
    t.true((await find(look)).length > 0);
    await page.close();
  });
}

test.serial("a page that fetches something or has an error is found out", async (t) => {
  const file = spoiltPage('<img src="http://127.0.0.1:9/x.png" alt=""><script>nothing.here()</script>');
  const { page, complaints } = await open(browser, file, { width: 1280, scheme: "light" });
  t.true(complaints.some((complaint) => complaint.startsWith("asked for http://127.0.0.1:9/x.png")));
  t.true(complaints.some((complaint) => complaint.startsWith("error: nothing is not defined")));
  await page.close();
});
