import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { programFolder, Running } from "./host-process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const marked = (text: string) => `${text}\n  http-after-response set-header X-Configuration -\n`;

/** Of what curl meets: the version in the file, or another one; `later` after three requests. */
type Answer = "installed" | "older" | "refused" | "later" | "at first";

const curlAnswers: Record<Answer, string> = {
  installed: 'good "$installed"',
  older: "good 000000000000",
  refused: 'echo "curl: (22) The requested URL returned error: 503" >&2; exit 22',
  later: 'if [ "$count" -gt 3 ]; then good "$installed"; else good 000000000000; fi',
  "at first": 'if [ "$count" -gt 2 ]; then exit 22; else good "$installed"; fi',
};

interface Machine {
  install: (config: string) => Promise<{ status: number | null; stderr: string }>;
  answers: (answer: Answer) => void;
  reloads: () => number;
  /** Of the last request. */
  curlArguments: () => string;
  installed: () => string;
  previous: () => string | undefined;
}

interface MachineOptions {
  /** What `systemctl reload` does. */
  reload?: string;
  waitSeconds?: number;
}

function machine(t: ExecutionContext, options: MachineOptions = {}): Machine {
  const { reload = "exit 0", waitSeconds = 1 } = options;
  const folder = temporaryFolder();
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  const fake = (name: string, script: string) => {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(bin, name), 0o755);
  };
  const at = (name: string) => path.join(folder, name);
  const read = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : undefined);
  fake("haproxy", 'if grep -q invalid "$3"; then echo "[ALERT] unknown keyword" >&2; exit 1; fi');
  fake("systemctl", `echo "$*" >> ${at("reloads")}\n${reload}`);
  const variables = {
    CONFIG: at("haproxy.cfg"),
    BOOTING: at("none"),
    WAIT: waitSeconds,
    FIRST_WAIT: waitSeconds,
  };
  const script = Object.entries(variables).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^${name}=.*$`, "m"), `${name}=${value}`),
    readFileSync(path.join(programFolder, "failover-install-haproxy"), "utf8"),
  );
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const answers = (answer: Answer) =>
    fake(
      "curl",
      `echo "$*" > ${at("curl")}; echo >> ${at("count")}; count=$(wc -l < ${at("count")})
installed=$(sed -n 's/.*X-Configuration //p' ${at("haproxy.cfg")})
good() { printf 'HTTP/2 200\\r\\nX-Configuration: %s\\r\\n' "$1"; }
${curlAnswers[answer]}`,
    );
  const install = async (config: string) => {
    const running = new Running(t, ["/bin/sh", "-c", script], env);
    const closed = once(running.child, "close");
    running.child.stdin?.end(config);
    await closed;
    return { status: running.child.exitCode, stderr: running.errors };
  };
  return {
    install,
    answers,
    reloads: () =>
      read("reloads")
        ?.split("\n")
        .filter((line) => line === "reload haproxy").length ?? 0,
    curlArguments: () => read("curl") ?? "",
    installed: () => read("haproxy.cfg") ?? "",
    previous: () => read("haproxy.cfg.previous"),
  };
}

test("a configuration that serves is installed with its version, and the one before it is kept", async (t) => {
  const { install, answers, reloads, installed, previous, curlArguments } = machine(t);
  answers("installed");
  t.like(await install(marked("first")), { status: 0, stderr: "" });
  t.regex(installed(), /^first\n {2}http-after-response set-header X-Configuration [0-9a-f]{12}\n$/);
  t.is(previous(), undefined);
  const first = installed();
  t.like(await install(marked("second")), { status: 0 });
  t.regex(installed(), /^second\n/);
  t.is(previous(), first);
  t.is(reloads(), 2);
  t.regex(curlArguments(), /--connect-to ::192\.0\.2\.1:443 .* https:\/\/example\.com:443\/healthz\n$/);
});

test("the configuration that is installed and serves is left alone", async (t) => {
  const { install, answers, reloads, previous } = machine(t);
  answers("installed");
  await install(marked("same"));
  t.like(await install(marked("same")), { status: 0, stderr: "" });
  t.is(reloads(), 1);
  t.is(previous(), undefined);
});

test("what HAProxy refuses is not installed, and HAProxy's words are passed on", async (t) => {
  const { install, answers, reloads, installed } = machine(t);
  answers("installed");
  await install(marked("good"));
  const before = installed();
  const { status, stderr } = await install(marked("invalid"));
  t.is(status, 1);
  t.is(
    stderr,
    "failover-install-haproxy: HAProxy refuses the configuration; nothing was installed\n[ALERT] unknown keyword\n",
  );
  t.is(installed(), before);
  t.is(reloads(), 1);
});

const nothing = {
  "nothing at all": { config: "", message: /no configuration on stdin; nothing was installed/ },
  "a configuration that does not say its version": {
    config: "global\n",
    message: /has no line 'http-after-response set-header X-Configuration -'; nothing was installed/,
  },
};

for (const [what, { config, message }] of Object.entries(nothing)) {
  test(`${what} is not installed`, async (t) => {
    const { install, installed } = machine(t);
    const { status, stderr } = await install(config);
    t.is(status, 1);
    t.regex(stderr, message);
    t.is(installed(), "");
  });
}

const broken: Record<string, { answer: Answer; message: RegExp }> = {
  "answers an error": { answer: "refused", message: /does not serve within 1 s\ncurl: \(22\)/ },
  "leaves the old process answering": { answer: "older", message: /an older configuration still answers/ },
  "serves only until its checks find no server": { answer: "at first", message: /does not serve within 1 s/ },
};

for (const [what, { answer, message }] of Object.entries(broken)) {
  test(`a configuration that ${what} stays installed and is reported`, async (t) => {
    const { install, answers, installed, reloads } = machine(t);
    answers(answer);
    const { status, stderr } = await install(marked("bad"));
    t.is(status, 1);
    t.regex(stderr, /the configuration is installed and does not serve/);
    t.regex(stderr, message);
    t.regex(installed(), /^bad\n/);
    t.is(reloads(), 1);
  });
}

test("a configuration that did not serve is tried again when it comes again, and never called good unseen", async (t) => {
  const { install, answers, reloads } = machine(t);
  answers("refused");
  t.is((await install(marked("slow"))).status, 1);
  t.is((await install(marked("slow"))).status, 1);
  answers("installed");
  t.is((await install(marked("slow"))).status, 0);
  t.is(reloads(), 2);
});

test("the answers of the old process right after a reload are not counted", async (t) => {
  const { install, answers } = machine(t, { waitSeconds: 60 });
  answers("later");
  t.is((await install(marked("new"))).status, 0);
});

test("a HAProxy that cannot be told is reported", async (t) => {
  const { install, answers, installed } = machine(t, {
    reload: "echo 'haproxy.service is not active' >&2; exit 1",
  });
  answers("installed");
  const { status, stderr } = await install(marked("new"));
  t.is(status, 1);
  t.regex(
    stderr,
    /not active\nfailover-install-haproxy: the configuration is installed, but HAProxy could not be told/,
  );
  t.regex(installed(), /^new\n/);
});
