import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

export type Scheme = "light" | "dark";

/** A usual screen, and the smallest that the report is made for. */
export const widths = [1280, 390] as const;
export const schemes: readonly Scheme[] = ["light", "dark"];

/** A browser of nobody's: no profile, and no sandbox, which root would not get. */
export function launch(): Promise<Browser> {
  const executablePath = process.env["FAILOVER_CHROMIUM"];
  if (!executablePath) throw new Error("FAILOVER_CHROMIUM names no browser; start by: npm run test:browser");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
}

export interface Opened {
  page: Page;
  /** What the console said, failures of the page, and everything that it asked the network for. */
  complaints: string[];
  look: Look;
}

/** What in-page.js finds. */
export interface Look {
  cutOff(): Promise<string[]>;
  faint(leastContrast: number): Promise<string[]>;
  hiddenTables(): Promise<string[]>;
  openDetails(): Promise<void>;
  /** Of axe's rules. */
  violations(): Promise<string[]>;
}

export async function open(
  browser: Browser,
  file: string,
  { width, scheme }: { width: number; scheme: Scheme },
): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  const url = pathToFileURL(file).href;
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== url) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints: [...complaints], look: await lookInto(page) };
}

async function lookInto(page: Page): Promise<Look> {
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") });
  await page.addScriptTag({ path: join(import.meta.dirname, "in-page.js") });
  const ask = <T>(call: string): Promise<T> => page.evaluate<T>(`look.${call}`);
  return {
    cutOff: () => ask("cutOff()"),
    faint: (leastContrast) => ask(`faint(${leastContrast})`),
    hiddenTables: () => ask("hiddenTables()"),
    openDetails: () => ask("openDetails()"),
    violations: () => ask("violations()"),
  };
}
