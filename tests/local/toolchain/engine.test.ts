import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { prepareEngine } from "../../../local/toolchain/engine.ts";
import { fakeSystem, putExecutable } from "./fake-system.ts";

// Answers the version and stays what it is: the last argument of "go build" is the source, the one after -o the output.
const go = `case "$1" in
version) echo "go version go1.99.0 linux/amd64" ;;
build) while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\necho 3.274.1\\n' > "$2"; chmod +x "$2" ;;
esac`;

test("an installed pulumi with its language host beside it is used as it is", async (t) => {
  const bench = fakeSystem();
  bench.put("pulumi", "echo v3.260.1");
  bench.put("pulumi-language-nodejs", "");
  const path = join(bench.root, "bin/pulumi");
  t.deepEqual(await prepareEngine(bench), {
    pulumi: { path, version: "3.260.1", origin: "PATH" },
    languageHost: { path: null, origin: "official" },
  });
  t.deepEqual(bench.reports, []);
});

test("a language host beside the program that pulumi on PATH links to counts as installed", async (t) => {
  const bench = fakeSystem();
  const installation = join(bench.root, "opt/pulumi");
  mkdirSync(installation, { recursive: true });
  putExecutable(join(installation, "pulumi"), "echo v3.260.1");
  putExecutable(join(installation, "pulumi-language-nodejs"), "");
  symlinkSync(join(installation, "pulumi"), join(bench.root, "bin/pulumi"));
  t.is((await prepareEngine(bench)).languageHost.origin, "official");
});

test("a pulumi that is too old is refused with the version found and the one needed", async (t) => {
  const bench = fakeSystem();
  bench.put("pulumi", "echo v3.249.9");
  const { message } = await t.throwsAsync(prepareEngine(bench), { code: "TOOL_MISSING" });
  t.is(
    message,
    [
      "TOOL_MISSING",
      "  pulumi on PATH is 3.249.9; 3.250 or newer is needed.",
      `  In: ${bench.root}/bin/pulumi`,
      "  Next: update it (https://www.pulumi.com/docs/install/), or take it off PATH: one is then built for you",
    ].join("\n"),
  );
});

test("without pulumi and Go both ways out are named", async (t) => {
  const bench = fakeSystem();
  const { message } = await t.throwsAsync(prepareEngine(bench), { code: "TOOL_MISSING" });
  t.regex(message, /pulumi is not on PATH, and building it needs Go 1\.\d+\.\d+ or newer: no go found\./);
  t.regex(message, /Next: install Pulumi \(https:\/\/www\.pulumi\.com\/docs\/install\/\) or Go 1\./);
});

test("a Go that is too old is named, and that no newer one is downloaded", async (t) => {
  const bench = fakeSystem();
  bench.put("go", "echo go version go1.19.8 linux/amd64");
  const { message } = await t.throwsAsync(prepareEngine(bench), { code: "TOOL_MISSING" });
  t.true(message.includes(`${bench.root}/bin/go is 1.19.8.`), message);
  t.true(message.includes("GOTOOLCHAIN=local"), message);
});

test("a missing pulumi is built once with its host beside it, and a second clone takes both", async (t) => {
  const bench = fakeSystem();
  bench.put("go", go);
  const { pulumi, languageHost } = await prepareEngine(bench);
  t.is(pulumi.origin, "cache");
  t.is(languageHost.origin, "ours");
  t.is(languageHost.path, join(dirname(pulumi.path), "pulumi-language-nodejs"));
  t.is(statSync(pulumi.path).nlink, 2);
  const builds = bench.starts("go").filter((line) => line.startsWith("build"));
  t.is(builds.length, 2);
  t.regex(
    builds[0] ?? "",
    /^build -trimpath -buildvcs=false -ldflags -s -w -X \S+\/version\.Version=3\.\d+\.\d+ -o /,
  );

  t.deepEqual(await prepareEngine(bench), { pulumi, languageHost });
  t.is(bench.starts("go").filter((line) => line.startsWith("build")).length, 2);
});

test("an installed pulumi without a language host gets ours", async (t) => {
  const bench = fakeSystem();
  bench.put("pulumi", "echo v3.280.0");
  bench.put("go", go);
  const { pulumi, languageHost } = await prepareEngine(bench);
  t.is(pulumi.origin, "PATH");
  t.is(languageHost.origin, "ours");
  t.is(bench.starts("go").filter((line) => line.startsWith("build")).length, 1);
});

test("a PATH that has the tools of the cache on it prepares the same tools", async (t) => {
  const bench = fakeSystem();
  bench.put("go", go);
  const engine = await prepareEngine(bench);
  const env = { ...bench.env, PATH: `${dirname(engine.pulumi.path)}:${bench.env["PATH"]}` };
  t.deepEqual(await prepareEngine({ ...bench, env }), engine);
});

test("Go builds with the lockfile's modules, its own version, and no settings of the shell", async (t) => {
  const bench = fakeSystem();
  bench.put(
    "go",
    `echo "$GOTOOLCHAIN $GOFLAGS $GOWORK $CGO_ENABLED [$GOOS]" >> ${bench.root}/settings\n${go}`,
  );
  await prepareEngine({
    ...bench,
    env: { ...bench.env, GOOS: "plan9", GOFLAGS: "-mod=mod", GOTOOLCHAIN: "auto" },
  });
  const settings = readFileSync(join(bench.root, "settings"), "utf8").trimEnd().split("\n");
  t.deepEqual([...new Set(settings)], ["local -mod=readonly off 0 []"]);
});

test("without a usable home Go keeps its caches in ours", async (t) => {
  const bench = fakeSystem();
  bench.put("go", `echo "$GOCACHE" > ${bench.root}/gocache\n${go}`);
  await prepareEngine({ ...bench, env: { ...bench.env, HOME: "/nowhere" } });
  t.is(readFileSync(join(bench.root, "gocache"), "utf8").trim(), join(bench.cache, "go-build"));
});

test("modules that cannot be downloaded are tried three times, and nothing is built", async (t) => {
  const bench = fakeSystem();
  bench.put(
    "go",
    `case "$1" in version) echo go1.99.0 ;; *) echo "dial tcp: no such host" >&2; exit 1 ;; esac`,
  );
  const { message } = await t.throwsAsync(prepareEngine(bench), { code: "DOWNLOAD_FAILED" });
  t.regex(
    message,
    /Downloading Go modules for pulumi 3\.\S+ from the Go module proxy failed three times\.\n {2}dial tcp: no such host/,
  );
  t.is(bench.starts("go").filter((line) => line.startsWith("list")).length, 3);
  t.true(existsSync(/In: (\S+)/.exec(message)?.[1] ?? ""), message);
});

test("a build that fails shows its last lines and keeps its log", async (t) => {
  const bench = fakeSystem();
  bench.put(
    "go",
    `case "$1" in version) echo go1.99.0 ;; build) echo "x.go:1: undefined: y" >&2; exit 1 ;; esac`,
  );
  const { message } = await t.throwsAsync(prepareEngine(bench), { code: "BUILD_FAILED" });
  t.regex(message, /go build of pulumi 3\.\S+ failed\.\n {2}x\.go:1: undefined: y\n {2}In: (\S+)/);
  t.true(existsSync(/In: (\S+)/.exec(message)?.[1] ?? ""), message);
});

test("a build that fills the disk names Go's cache and the space it needs", async (t) => {
  const bench = fakeSystem();
  const noRoom = `echo "link: no space left on device" >&2; exit 1`;
  bench.put("go", `case "$1" in version) echo go1.99.0 ;; env) echo /go/cache ;; build) ${noRoom} ;; esac`);
  const { message } = await t.throwsAsync(prepareEngine(bench), { code: "NO_SPACE" });
  t.regex(message, /^NO_SPACE\n {2}\/go\/cache needs about 3500 MB/);
});
