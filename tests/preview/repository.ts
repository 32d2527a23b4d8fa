import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { temporaryFolder } from "../temporary-folder.ts";

const project = join(import.meta.dirname, "../..");

/** This project as it is now, in a repository of its own that a test may change: `main`, and a branch that left it. */
export interface ThrowAwayRepository {
  folder: string;
  edit(file: string, change: (text: string) => string): void;
  git(...args: string[]): string;
  /** `npm run preview -- …` without npm. */
  preview(...args: string[]): Promise<{ exitCode: number | undefined; output: string }>;
}

export function throwAwayRepository(): ThrowAwayRepository {
  const folder = temporaryFolder();
  copyFiles(folder);
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  // Git takes the pattern with a slash for folders only, and this is a link.
  writeFileSync(join(folder, ".gitignore"), "node_modules\n/reports/\n");
  const as = ["-c", "user.name=nobody", "-c", "user.email=nobody@invalid", "-c", "commit.gpgsign=false"];
  const git = (...args: string[]) => execFileSync("git", [...as, ...args], { cwd: folder, encoding: "utf8" });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--quiet", "--message", "the base");
  git("switch", "--quiet", "--create", "change");
  return {
    folder,
    git,
    edit(file, change) {
      const path = join(folder, file);
      const text = readFileSync(path, "utf8");
      const changed = change(text);
      if (changed === text) throw new Error(`${file} stayed as it was`);
      writeFileSync(path, changed);
    },
    async preview(...args) {
      const program = ["--disable-warning=ExperimentalWarning", "cli/preview.ts", ...args];
      const result = await execa(process.execPath, program, { cwd: folder, all: true, reject: false });
      return { exitCode: result.exitCode, output: result.all };
    },
  };
}

/** Gone when the test has ended. */
/** Committed or not; what git ignores stays behind. */
function copyFiles(folder: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: project,
    encoding: "utf8",
  });
  const paths = listed.split("\0").filter((each) => each !== "" && each !== "node_modules");
  for (const path of new Set(paths)) {
    // A file may be gone that was committed.
    cpSync(join(project, path), join(folder, path), { recursive: true, force: true, errorOnExist: false });
  }
}
