import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { obtain } from "../../../local/toolchain/artefact.ts";
import { openWorkbench } from "../../../local/toolchain/workbench.ts";
import { fakeSystem } from "./fake-system.ts";

const artefact = { key: "thing/1.0", subject: "building a thing", megabytes: 70 };

test("an artefact is built once, however many ask at the same time and later", async (t) => {
  const bench = fakeSystem();
  let builds = 0;
  const build = async (folder: string): Promise<void> => {
    writeFileSync(join(folder, "thing"), `build ${++builds}`);
  };
  const folders = await Promise.all([1, 2, 3].map(() => obtain(bench, { ...artefact, build })));
  await obtain(bench, { ...artefact, build });
  t.is(new Set(folders).size, 1);
  t.is(readFileSync(join(folders[0] ?? "", "thing"), "utf8"), "build 1");
});

test("a build that fails leaves nothing, and the next one starts anew", async (t) => {
  const bench = fakeSystem();
  const failing = async (folder: string): Promise<void> => {
    writeFileSync(join(folder, "half"), "");
    throw new Error("no luck");
  };
  await t.throwsAsync(obtain(bench, { ...artefact, build: failing }), { message: "no luck" });
  t.deepEqual(readdirSync(join(bench.cache, "thing")), []);
  const folder = await obtain(bench, { ...artefact, build: async () => {} });
  t.deepEqual(readdirSync(folder), []);
});

test("what a killed builder left is never used and is removed by the next", async (t) => {
  const bench = fakeSystem();
  const leftover = join(bench.cache, "thing/1.0.unfinished-abc");
  mkdirSync(leftover, { recursive: true });
  await obtain(bench, { ...artefact, build: async () => {} });
  t.false(existsSync(leftover));
});

for (const error of [
  Object.assign(new Error("write failed"), { code: "ENOSPC" }),
  new Error("dpkg-deb: error: cannot write: No space left on device"),
]) {
  test(`a full disk is told with the folder and the space it needs: ${error.message}`, async (t) => {
    const bench = fakeSystem();
    const build = async (): Promise<void> => {
      throw error;
    };
    const thrown = await t.throwsAsync(obtain(bench, { ...artefact, build }), { code: "NO_SPACE" });
    t.true(thrown.message.includes(`${bench.cache} needs about 70 MB`), thrown.message);
  });
}

test("nothing is begun where there is too little room", async (t) => {
  const bench = fakeSystem();
  const build = async (): Promise<void> => t.fail("the build began");
  const { message } = await t.throwsAsync(obtain(bench, { ...artefact, megabytes: 1e12, build }), {
    code: "NO_SPACE",
  });
  t.regex(message, /needs about 1000000000000 MB, \d+ MB are free\./);
});

test("a cache that cannot be written is named with the variable that moves it", async (t) => {
  const { root, env, report } = fakeSystem();
  const file = join(root, "file");
  writeFileSync(file, "");
  const bench = openWorkbench({ ...env, XDG_CACHE_HOME: file }, report);
  const thrown = await t.throwsAsync(obtain(bench, { ...artefact, build: async () => {} }), {
    code: "NOT_WRITABLE",
  });
  t.regex(thrown.message, /Next: set XDG_CACHE_HOME/);
});

test("the cache is where XDG_CACHE_HOME says, else in the home folder", (t) => {
  const report = (): void => {};
  t.is(openWorkbench({ XDG_CACHE_HOME: "/x", HOME: "/h" }, report).cache, "/x/failover-stacks");
  t.is(openWorkbench({ XDG_CACHE_HOME: "relative", HOME: "/h" }, report).cache, "/h/.cache/failover-stacks");
  t.regex(openWorkbench({}, report).cache, /^\/.*\/\.cache\/failover-stacks$/);
});
