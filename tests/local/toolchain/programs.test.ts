import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { preparePrograms } from "../../../local/toolchain/programs.ts";
import { fakeSystem, putExecutable, type FakeSystem } from "./fake-system.ts";

const answers = {
  haproxy: "echo 'HAProxy version 2.8.5-1ubuntu3 2024/04/01 - https://haproxy.org/'",
  nsd: "echo 'NSD version 4.8.0' >&2",
  "nsd-control": "",
  unbound: "echo 'Version 1.19.2'",
  "unbound-control": "",
  postgres: "echo 'postgres (PostgreSQL) 16.4 (Ubuntu 16.4-1)'",
  initdb: "",
  pg_basebackup: "",
  pg_rewind: "",
};

function install(bench: FakeSystem, programs: Record<string, string>): void {
  for (const [name, script] of Object.entries(programs)) bench.put(name, script);
}

/**
 * An apt with a registry of four programs and one library; of PostgreSQL it has version 17 only. The unpacked haproxy lacks the library until its package,
 * which is found by the library's name, is unpacked too.
 */
function installApt(bench: FakeSystem): void {
  install(bench, {
    "apt-get": `case "$2" in
      update) touch ../lists/example_main_Packages.gz ;;
      download) shift 2; for name; do echo $name > $name.deb; done ;;
      esac`,
    "apt-cache": `[ "$2" = depends ] && printf 'haproxy\\n  Depends: libc6\\nlibc6\\nliblua5.3-0\\n<virtual>\\n'
      case "$3" in postgresql*1[568]) exit 100 ;; esac; exit 0`,
    "dpkg-deb": `mkdir -p "$3/usr/sbin" "$3/usr/lib/x86_64-linux-gnu"
      case "$(cat "$2")" in
      haproxy) printf '#!/bin/sh\\necho "HAProxy version 2.6.12 ($LD_LIBRARY_PATH)"\\n' > "$3/usr/sbin/haproxy" ;;
      nsd) printf '#!/bin/sh\\necho NSD version 4.6.1\\n' > "$3/usr/sbin/nsd"; cp "$3/usr/sbin/nsd" "$3/usr/sbin/nsd-control" ;;
      unbound) printf '#!/bin/sh\\necho Version 1.17.1\\n' > "$3/usr/sbin/unbound"; cp "$3/usr/sbin/unbound" "$3/usr/sbin/unbound-control" ;;
      postgresql-17) bin="$3/usr/lib/postgresql/17/bin"; mkdir -p "$bin"
        for name in initdb postgres; do printf '#!/bin/sh\\necho "postgres (PostgreSQL) 17.6"\\n' > "$bin/$name"; done
        chmod +x "$bin"/* ;;
      postgresql-client-17) bin="$3/usr/lib/postgresql/17/bin"; mkdir -p "$bin"
        for name in pg_basebackup pg_rewind; do echo '#!/bin/sh' > "$bin/$name"; done
        chmod +x "$bin"/* ;;
      *) touch "$3/usr/lib/x86_64-linux-gnu/$(cat "$2")" ;;
      esac
      chmod +x "$3"/usr/sbin/* 2>/dev/null; true`,
    ldd: `[ -e "$LD_LIBRARY_PATH/liblua5.3-0" ] || echo "	liblua5.3.so.0 => not found"`,
  });
}

test("installed programs of known versions are used, with no variables of ours", async (t) => {
  const bench = fakeSystem();
  install(bench, answers);
  const programs = await preparePrograms(bench);
  const bin = join(bench.root, "bin");
  const system = { origin: "system", env: {} };
  t.deepEqual(programs, {
    haproxy: { ...system, path: `${bin}/haproxy`, version: "2.8.5" },
    nsd: { ...system, path: `${bin}/nsd`, version: "4.8.0" },
    nsdControl: { ...system, path: `${bin}/nsd-control`, version: "4.8.0" },
    unbound: { ...system, path: `${bin}/unbound`, version: "1.19.2" },
    unboundControl: { ...system, path: `${bin}/unbound-control`, version: "1.19.2" },
    postgres: { ...system, path: `${bin}/postgres`, version: "16.4" },
    initdb: { ...system, path: `${bin}/initdb`, version: "16.4" },
    pgBasebackup: { ...system, path: `${bin}/pg_basebackup`, version: "16.4" },
    pgRewind: { ...system, path: `${bin}/pg_rewind`, version: "16.4" },
  } as typeof programs);
  t.deepEqual(bench.reports, []);
});

test("a daemon in a folder beyond PATH is found", async (t) => {
  const bench = fakeSystem();
  install(bench, answers);
  const programs = await preparePrograms({
    ...bench,
    env: { PATH: "/nowhere" },
    beyondPath: [join(bench.root, "bin")],
  });
  t.is(programs.haproxy.origin, "system");
});

test("PostgreSQL is found where pg_config says it is", async (t) => {
  const bench = fakeSystem();
  const { postgres, initdb, pg_basebackup, pg_rewind, ...others } = answers;
  install(bench, others);
  const folder = join(bench.root, "postgres");
  mkdirSync(folder);
  for (const [name, script] of Object.entries({ postgres, initdb, pg_basebackup, pg_rewind })) {
    putExecutable(join(folder, name), script);
  }
  bench.put("pg_config", `echo ${folder}`);
  t.is((await preparePrograms(bench)).initdb.path, join(folder, "initdb"));
});

const unknown = {
  "an haproxy of an unknown version": { haproxy: "echo 'HAProxy version 2.4.24 2023/01/01'" },
  "an haproxy that does not start": { haproxy: "exit 127" },
};
for (const [what, program] of Object.entries(unknown)) {
  test(`${what} is passed over for an unpacked one, and the rest stays the system's`, async (t) => {
    const bench = fakeSystem();
    installApt(bench);
    install(bench, { ...answers, ...program });
    const programs = await preparePrograms(bench);
    t.is(programs.haproxy.origin, "unpacked");
    t.is(programs.haproxy.version, "2.6.12");
    t.is(programs.nsd.origin, "system");
  });
}

test("a PostgreSQL of an unknown version is passed over for the first known one that the sources have", async (t) => {
  const bench = fakeSystem();
  installApt(bench);
  install(bench, { ...answers, postgres: "echo 'postgres (PostgreSQL) 14.9'" });
  const { postgres, haproxy } = await preparePrograms(bench);
  t.is(postgres.version, "17.6");
  t.is(haproxy.origin, "system");
});

test("missing programs are unpacked with the libraries they lack, once, and nothing else stays", async (t) => {
  const bench = fakeSystem();
  installApt(bench);
  const programs = await preparePrograms(bench);
  const root = programs.haproxy.path.replace("/usr/sbin/haproxy", "");
  t.true(root.startsWith(bench.cache));
  t.is(programs.haproxy.env["LD_LIBRARY_PATH"], join(root, "usr/lib/x86_64-linux-gnu"));
  t.is(programs.unboundControl.path, join(root, "usr/sbin/unbound-control"));
  t.is(programs.pgRewind.path, join(root, "usr/lib/postgresql/17/bin/pg_rewind"));
  t.is(programs.pgRewind.version, "17.6");
  t.true(existsSync(join(root, "usr/lib/x86_64-linux-gnu/liblua5.3-0")));
  t.deepEqual(readdirSync(join(root, "..")), ["root"]);

  t.deepEqual(await preparePrograms(bench), programs);
  t.is(bench.starts("apt-get").filter((line) => line.includes("update")).length, 1);
});

test("a foreign package source that is out of order does not matter", async (t) => {
  const bench = fakeSystem();
  installApt(bench);
  bench.put(
    "apt-get",
    `case "$2" in update) exit 100 ;; download) shift 2; for name; do echo $name > $name.deb; done ;; esac`,
  );
  t.is((await preparePrograms(bench)).nsd.version, "4.6.1");
});

test("without a network the package lists are tried three times", async (t) => {
  const bench = fakeSystem();
  installApt(bench);
  install(bench, {
    "apt-get": "echo 'W: Failed to fetch http://example/InRelease'",
    "apt-cache": "exit 100",
  });
  const { message } = await t.throwsAsync(preparePrograms(bench), { code: "DOWNLOAD_FAILED" });
  t.regex(
    message,
    /Downloading package lists from this system's apt sources failed three times\.\n {2}W: Failed to fetch/,
  );
  t.is(bench.starts("apt-get").length, 3);
});

test("packages that no source has are named at once", async (t) => {
  const bench = fakeSystem();
  installApt(bench);
  bench.put("apt-cache", `[ "$3" != nsd ]`);
  const { message } = await t.throwsAsync(preparePrograms(bench), { code: "TOOL_MISSING" });
  t.regex(message, /none of apt's sources has nsd\./);
  t.is(bench.starts("apt-get").length, 1);
});

test("a system without apt is told how to install them on the common distributions", async (t) => {
  const bench = fakeSystem();
  const { message } = await t.throwsAsync(preparePrograms(bench), { code: "TOOL_MISSING" });
  for (const line of ["apt-get install", "dnf install", "pacman -S", "apk add", "zypper install"]) {
    t.true(message.includes(`sudo ${line} haproxy nsd unbound postgresql`), message);
  }
});
