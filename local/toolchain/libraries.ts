import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import type { Workbench } from "./workbench.ts";

// The C library must be the system's own: a second one in the same process crashes it. LLVM is as large as all the
// rest and serves only PostgreSQL's compiler of queries, which is off.
const never = /^(libc6|libc-bin|libc6-.*|libllvm.*|multiarch-support)$/;

/** Folders of unpacked libraries, Debian's one per processor architecture included. */
export function libraryFolders(root: string): string[] {
  return ["usr/lib", "lib"]
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.includes("-linux-gnu"))
        .map((name) => join(folder, name)),
    );
}

/** Libraries that the dynamic linker does not find for these programs. */
export async function missingLibraries(
  bench: Workbench,
  root: string,
  programs: string[],
): Promise<string[]> {
  const { output } = await run(bench, {
    program: "ldd",
    args: programs,
    env: { LC_ALL: "C", LD_LIBRARY_PATH: libraryFolders(root).join(":") },
  });
  return [...new Set([...output.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? ""))];
}

/** Packages to try next for missing libraries: those named like them, else every library in the closure. */
export function candidatesFor(missing: string[], closure: string[]): string[] {
  const allowed = closure.filter((name) => !never.test(name));
  const named = missing.map((library) => packageNames(library).find((name) => allowed.includes(name)));
  const guessed = named.filter((name) => name !== undefined);
  if (guessed.length === missing.length) return [...new Set(guessed)];
  return allowed.filter((name) => name.startsWith("lib"));
}

// Debian names a library's package after its file: libfstrm.so.0 is in libfstrm0, liblua5.3.so.0 in liblua5.3-0,
// and since the move to 64-bit time the name may end in t64. All of ICU is in one package.
function packageNames(library: string): string[] {
  const [file = "", version = ""] = library.toLowerCase().replaceAll("_", "-").split(".so.");
  const stem = file.replace(/^libicu.+/, "libicu");
  const separator = /\d$/.test(stem) ? "-" : "";
  return [`${stem}${separator}${version}`, stem].flatMap((name) => [name, `${name}t64`]);
}
