import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { DrillResult } from "../drill/drill.ts";
import { FailoverError } from "../infra/errors.ts";
import { type JournalEntry, parseJournal } from "../watch/journal.ts";
import { renderPage } from "./html/page.ts";
import { type Evidence, journalNameOf, type JournalFile } from "./html/played.ts";
import { renderMarkdown } from "./markdown-report.ts";
import { reportOf } from "./report.ts";

export interface ReportFiles {
  json: string;
  markdown: string;
  page: string;
}

/** A drill's report in its three forms, written beside the journals. @returns their paths */
export async function writeReports(
  folder: string,
  { facts, judgements, stopped }: Omit<DrillResult, "evidence">,
): Promise<ReportFiles> {
  const played = [...judgements.map(({ scenario }) => scenario), ...(stopped ? [stopped.scenario] : [])];
  const names = ["control.jsonl", ...played.map((scenario) => journalNameOf(scenario))];
  return writeEvidence(folder, {
    facts,
    judgements,
    stopped: stopped && { scenario: stopped.scenario, reason: stopped.error.code },
    journals: await Promise.all(names.map((name) => readJournal(folder, name))),
    doubts: [],
  });
}

export async function writeEvidence(folder: string, evidence: Evidence): Promise<ReportFiles> {
  const texts = renderReports(evidence);
  const paths = {
    json: join(folder, "report.json"),
    markdown: join(folder, "report.md"),
    page: join(folder, "report.html"),
  };
  await writeFile(paths.json, texts.json);
  await writeFile(paths.markdown, texts.markdown);
  await writeFile(paths.page, texts.page);
  return paths;
}

/** From the evidence alone: the same evidence makes the same bytes, whenever and wherever. */
export function renderReports(evidence: Evidence): ReportFiles {
  const { facts, judgements, stopped, journals } = evidence;
  const report = {
    ...reportOf({ facts, judgements: [...judgements], stopped: null }),
    stopped,
    journals: journals.map(({ file, lines, sha256 }) => ({ file, lines, sha256 })),
  };
  return {
    json: `${JSON.stringify(report, undefined, 2)}\n`,
    markdown: renderMarkdown(evidence),
    page: renderPage(evidence),
  };
}

/** Also one that was packed by gzip, as it is kept in a repository. */
export async function readJournal(folder: string, file: string): Promise<JournalFile> {
  const path = join(folder, file);
  const bytes = await readFile(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return promisify(gunzip)(await readFile(`${path}.gz`));
  });
  const entries = parse(bytes.toString("utf8"), path);
  return { file, entries, lines: entries.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function parse(text: string, path: string): JournalEntry[] {
  try {
    return parseJournal(text);
  } catch (error) {
    throw new FailoverError("UNKNOWN_OPTION", {
      problems: "a line in the middle of the journal is no JSON, so nothing can be computed from it.",
      where: path,
      fix: "npm run drill",
      cause: error,
    });
  }
}
