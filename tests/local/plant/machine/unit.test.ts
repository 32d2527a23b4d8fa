import test from "ava";
import { parseUnit, readEnvironmentFile } from "../../../../local/plant/machine/unit.ts";
import { expandWords, splitWords } from "../../../../local/plant/machine/unit-words.ts";

const service = (lines: string) =>
  parseUnit("a.service", [`[Service]\nExecStart=/usr/bin/node a.mjs\n${lines}`]);

test("a unit is read with its command, its environment and its way to restart", (t) => {
  const unit = service(`# a comment
Environment=A=1 "B=two words"
EnvironmentFile=-/etc/default/a
ExecReload=/bin/kill -HUP \\
  $MAINPID
Restart=always
RestartSec=250ms
StateDirectory=failover
LoadCredential=tls.pem:/etc/tls.pem`);
  t.like(unit, {
    start: ["/usr/bin/node", "a.mjs"],
    reload: [["/bin/kill", "-HUP", "$MAINPID"]],
    environment: { A: "1", B: "two words" },
    environmentFiles: ["-/etc/default/a"],
    restart: "always",
    restartMs: 250,
    folders: { state: ["failover"], runtime: [] },
    credentials: { "tls.pem": "/etc/tls.pem" },
  });
});

test("without settings of its own a unit has systemd's", (t) => {
  t.like(service(""), { restart: "no", restartMs: 100, limit: { intervalMs: 10_000, burst: 5 } });
});

test("a drop-in adds to a unit and takes its place where it says so", (t) => {
  const base =
    "[Service]\nExecStart=/usr/bin/node a\nExecReload=/bin/kill -HUP $MAINPID\nEnvironment=A=1 B=1\n";
  const dropIn = "[Service]\nExecStart=/usr/bin/node b\nExecReload=\nEnvironment=B=2\n";
  t.like(parseUnit("a.service", [base, dropIn]), {
    start: ["/usr/bin/node", "b"],
    reload: [],
    environment: { A: "1", B: "2" },
  });
});

const refused: [string, string, RegExp][] = [
  [
    "a setting that nothing here knows",
    "ExecStartPre=/bin/true",
    /a\.service: \[Service\] ExecStartPre is not a setting/,
  ],
  ["a way to restart that nothing here knows", "Restart=on-abort", /a\.service: Restart=on-abort/],
  ["a time that is none", "RestartSec=soon", /soon is no time/],
  ["a specifier", "Environment=A=%h", /A=%h has a specifier/],
  ["a quote that does not end", 'Environment="A=1', /has a quote that does not end/],
  ["a line that is no setting", "hello", /\[Service\] hello is not a setting/],
];

for (const [what, lines, message] of refused) {
  test(`${what} is refused by its name`, (t) => {
    t.throws(() => service(lines), { name: "ProvisioningFailure", message });
  });
}

test("a unit without a command is refused", (t) => {
  t.throws(() => parseUnit("a.service", ["[Service]\n"]), { message: "a.service: no ExecStart" });
});

test("words are split at blanks outside of quotes, and variables put in as systemd does", (t) => {
  t.deepEqual(splitWords(`a "b c" d='e f' 100%%`), ["a", "b c", "d=e f", "100%"]);
  const environment = { OPTS: "-a -b", NAME: "x y" };
  t.deepEqual(expandWords(["p", "$OPTS", "--name=${NAME}", "$NONE", "a$OPTS"], environment), [
    "p",
    "-a",
    "-b",
    "--name=x y",
    "a$OPTS",
  ]);
});

test("a file of variables is read line by line", (t) => {
  t.deepEqual(readEnvironmentFile('# comment\n\nA=1\nB="two words"\n'), { A: "1", B: "two words" });
});
