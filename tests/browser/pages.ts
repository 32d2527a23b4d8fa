import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderPage } from "../../evidence/html/page.ts";
import type { Evidence } from "../../evidence/html/played.ts";
import { evidenceOf, fullRehearsal, minuteOf } from "../evidence/html/rehearsal.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Reports that together show everything that one can show. */
const made: Readonly<Record<string, () => Evidence>> = {
  rehearsal: fullRehearsal,
  stopped: () =>
    evidenceOf([{ name: "edge-down", entries: minuteOf("edge-down") }], {
      stopped: { scenario: "edge-down-reset", reason: "ENGINE_FAILED" },
      doubts: ["edge-down.jsonl is not the journal that the drill left: its hash is another one"],
    }),
  empty: () => evidenceOf([], { stopped: { scenario: "edge-down", reason: "INTERRUPTED" } }),
};

/** Of real drills. */
const committed = join(import.meta.dirname, "../evidence/html/reports");

export interface Report {
  name: string;
  file: string;
}

/** The one that FAILOVER_REPORT names, else those that are made here. */
export function reports(): Report[] {
  const given = process.env["FAILOVER_REPORT"];
  if (given) return [{ name: "report", file: given }];
  const own = Object.entries(made).map(([name, make]) => ({ name, file: written(name, renderPage(make())) }));
  return [...own, { name: "database-corrupted", file: join(committed, "database-corrupted", "report.html") }];
}

/** One that was made, and then spoilt. */
export function spoiltPage(markup: string): string {
  return written("spoilt", `<!doctype html><title>spoilt</title>${markup}`);
}

function written(name: string, page: string): string {
  const file = join(temporaryFolder(), `${name}.html`);
  writeFileSync(file, page);
  return file;
}

/** Where pictures of a page go. */
export function screenshotPath(name: string): string {
  const folder = process.env["FAILOVER_SCREENSHOTS"] ?? join(tmpdir(), "failover-screenshots");
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}
