import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { DrillResult } from "../drill/drill.ts";
import type { ScenarioName } from "../drill/scenarios.ts";
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
  const names = new Set(["control.jsonl", ...judgements.map(({ scenario }) => journalNameOf(scenario))]);
  const begun = stopped ? await readBegun(folder, stopped.scenario) : [];
  const evidence: Evidence = {
    facts,
    judgements,
    stopped: stopped && { scenario: stopped.scenario, reason: stopped.error.code },
    journals: [...(await Promise.all([...names].map((name) => readJournal(folder, name)))), ...begun],
    doubts: [],
  };
  const json = join(folder, "report.json");
  await writeFile(json, renderJson(evidence));
  return { json, ...(await writePages(folder, evidence)) };
}

/** What people read. @returns the paths */
export async function writePages(folder: string, evidence: Evidence): Promise<Omit<ReportFiles, "json">> {
  const paths = { markdown: join(folder, "report.md"), page: join(folder, "report.html") };
  await writeFile(paths.markdown, renderMarkdown(evidence));
  await writeFile(paths.page, renderPage(evidence));
  return paths;
}

/** What programs read: as {@link reportOf}, with the hashes of the journals. */
export function renderJson({ facts, judgements, stopped, journals }: Evidence): string {
  const report = {
    ...reportOf({ facts, judgements: [...judgements], stopped: null }),
    stopped,
    journals: journals.map(({ file, lines, sha256 }) => ({ file, lines, sha256 })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** The journals as a repository can keep them. */
export async function packJournals(from: string, to: string, { journals }: Evidence): Promise<void> {
  for (const { file } of journals) {
    await writeFile(join(to, `${file}.gz`), await promisify(gzip)(await readBytes(from, file), { level: 9 }));
  }
}

/** Files of the journals that lie in a folder, by their names before they were packed. */
export async function journalsIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).map((file) => file.replace(/\.gz$/, ""));
  return [...new Set(files.filter((file) => file.endsWith(".jsonl")))].toSorted();
}

/** Also one that was packed by gzip. */
export async function readJournal(folder: string, file: string): Promise<JournalFile> {
  const bytes = await readBytes(folder, file);
  const entries = parse(bytes.toString("utf8"), join(folder, file));
  return { file, entries, lines: entries.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** That of a scenario that was stopped; none where it had not written anything. */
export async function readBegun(folder: string, scenario: ScenarioName): Promise<JournalFile[]> {
  try {
    return [await readJournal(folder, journalNameOf(scenario))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readBytes(folder: string, file: string): Promise<Buffer> {
  const path = join(folder, file);
  return readFile(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return unpack(`${path}.gz`);
  });
}

async function unpack(path: string): Promise<Buffer> {
  const packed = await readFile(path);
  return promisify(gunzip)(packed).catch((cause: Error) => {
    throw new FailoverError("REPORT_UNREADABLE", {
      problems: `the journal is damaged and cannot be unpacked: ${cause.message}.`,
      where: path,
      fix: "npm run drill",
      cause,
    });
  });
}

function parse(text: string, path: string): JournalEntry[] {
  try {
    return parseJournal(text);
  } catch (error) {
    throw new FailoverError("REPORT_UNREADABLE", {
      problems: "a line in the middle of the journal is no JSON, so nothing can be computed from it.",
      where: path,
      fix: "npm run drill",
      cause: error,
    });
  }
}
