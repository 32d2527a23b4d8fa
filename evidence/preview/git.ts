import { mkdir } from "node:fs/promises";
import { execa } from "execa";
import { FailoverError } from "../../infra/errors.ts";

export interface Commit {
  /** What was asked for, or how it was found: `main`, `merge-base with origin/main`. */
  ref: string;
  commit: string;
}

const usage = "npm run preview -- --base <commit, branch or tag>";

/**
 * The commit that a change is compared with: the one that is named, else where this branch left `origin/main` or
 * `main`, else HEAD, against which what is not committed is previewed.
 * @throws FailoverError BASE_UNUSABLE for a name that git does not know, or a history that was not fetched
 */
export async function resolveBase(project: string, named: string | undefined): Promise<Commit> {
  if (named !== undefined) return { ref: named, commit: await commitOf(project, named) };
  for (const branch of ["origin/main", "main"]) {
    if ((await git(project, ["rev-parse", "--verify", "--quiet", `${branch}^{commit}`])) === null) continue;
    const commit = await git(project, ["merge-base", branch, "HEAD"]);
    if (commit === null) throw noCommonCommit(branch);
    return { ref: `merge-base with ${branch}`, commit };
  }
  return { ref: "HEAD", commit: await commitOf(project, "HEAD") };
}

async function commitOf(project: string, named: string): Promise<string> {
  // Behind the separator a name that begins with a dash is a name.
  const commit = await git(project, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${named}^{commit}`,
  ]);
  if (commit !== null) return commit;
  throw new FailoverError("BASE_UNUSABLE", {
    problems: `git knows no commit "${named}" here.`,
    where: "--base",
    fix: `git fetch origin, then: ${usage}`,
  });
}

function noCommonCommit(branch: string): FailoverError {
  return new FailoverError("BASE_UNUSABLE", {
    problems: `git finds no commit that ${branch} and HEAD have in common; the history may not have been fetched.`,
    where: "--base, which was not given",
    fix: `git fetch --unshallow origin, or: ${usage}`,
  });
}

/** Paths that differ between a commit and the files as they are, those that are not committed among them. */
export async function changedPaths(project: string, commit: string): Promise<string[]> {
  const listed = await Promise.all([
    git(project, ["diff", "--name-only", "-z", "--relative", "--no-renames", commit, "--", "."]),
    git(project, ["ls-files", "--others", "--exclude-standard", "-z", "--", "."]),
  ]);
  const paths = listed.flatMap((text) => (text ?? cannotCompare(commit)).split("\0"));
  return [...new Set(paths.filter((path) => path !== ""))].toSorted();
}

/** What cannot be listed is not the same as nothing. */
function cannotCompare(commit: string): never {
  throw new FailoverError("BASE_UNUSABLE", {
    problems: "git cannot say which files differ.",
    where: `base ${commit.slice(0, 7)}`,
    fix: `git diff --stat ${commit.slice(0, 7)}    (says why)`,
  });
}

/** Files that no deployment, switch or drill reads. What is not named here may matter. */
const irrelevant = [
  /^docs\//,
  /^tests\//,
  /^bench\//,
  /^\.github\//,
  /^\.ci\//,
  /^[^/]+\.md$/,
  /^(LICENSE|\.gitignore|\.oxlintrc\.json|\.oxfmtrc\.json|ava\.config\.js)$/,
];

export function mattersToRecovery(path: string): boolean {
  return !irrelevant.some((pattern) => pattern.test(path));
}

/** Files that the two programs are made of. */
export function isProgram(path: string): boolean {
  return /^(infra\/|Pulumi[^/]*\.yaml$|package(-lock)?\.json$)/.test(path);
}

/** Files that decide what a preview says. */
export function isJudge(path: string): boolean {
  return /^(engine\/(guard|event|preview)|evidence\/(preview\/|promises\/|markdown)|cli\/(preview|promises)\.ts$)/.test(
    path,
  );
}

const needed = [
  "Pulumi.yaml",
  "Pulumi.primary.yaml",
  "Pulumi.failover.yaml",
  "infra/index.ts",
  "package.json",
];

/**
 * Puts the files of a commit into a folder, without a trace in the repository.
 * @throws FailoverError BASE_UNUSABLE when the commit does not hold this project
 */
export async function extract(project: string, { ref, commit }: Commit, folder: string): Promise<void> {
  const known = await git(project, ["ls-tree", "-r", "--name-only", "-z", commit, "--", ...needed]);
  const missing = needed.filter((path) => !(known ?? "").split("\0").includes(path));
  if (missing.length > 0) {
    throw new FailoverError("BASE_UNUSABLE", {
      problems: `the base holds no project of ours: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`,
      where: `base ${commit.slice(0, 7)} (${ref})`,
      fix: `compare with a later commit: ${usage}`,
    });
  }
  await mkdir(folder, { recursive: true });
  const options = { cwd: project, buffer: { stdout: false } } as const;
  await execa("git", ["archive", "--format=tar", commit, "."], options).pipe("tar", ["-x", "-C", folder]);
}

/** Abbreviated; `+changes` where files differ from it. */
export async function headOf(project: string): Promise<string> {
  const commit = await git(project, ["rev-parse", "--short", "HEAD"]);
  const status = await git(project, ["status", "--porcelain", "--", "."]);
  return `${commit ?? "no commit"}${status === "" ? "" : "+changes"}`;
}

/** What git prints, or null where it fails. @throws FailoverError TOOL_MISSING without git */
async function git(project: string, args: readonly string[]): Promise<string | null> {
  const result = await execa("git", args, { cwd: project, reject: false });
  if (result.code === "ENOENT") {
    throw new FailoverError("TOOL_MISSING", {
      problems: "git is not on PATH.",
      fix: "install git, then start again",
    });
  }
  return result.failed ? null : result.stdout.trim();
}
