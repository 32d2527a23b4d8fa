import test from "ava";
import * as fc from "fast-check";
import { isOwn, localise } from "../../../../local/plant/machine/place.ts";

const place = { root: "/srv/plant/vm/m", address: "127.20.1.1", shadow: "127.20.101.1" };

const texts: [string, string, string][] = [
  ["a path of the machine", "/etc/haproxy/a.cfg", "/srv/plant/vm/m/etc/haproxy/a.cfg"],
  ["a path in quotes", 'x="/opt/failover"', 'x="/srv/plant/vm/m/opt/failover"'],
  ["a path behind a colon", "tls.pem:/etc/a", "tls.pem:/srv/plant/vm/m/etc/a"],
  ["each path of a line", "cat /etc/a > /run/b", "cat /srv/plant/vm/m/etc/a > /srv/plant/vm/m/run/b"],
  ["a path of the computer", "/dev/null /usr/lib/x /var/log/y", "/dev/null /usr/lib/x /var/log/y"],
  [
    "a longer path with the same end",
    "/srv/etc/a ./etc/b https://x/etc/c",
    "/srv/etc/a ./etc/b https://x/etc/c",
  ],
  ["a program with a stand-in", "exec /usr/bin/node x", "exec /srv/plant/vm/m/usr/bin/node x"],
  ["a program with a longer name", "/usr/bin/node-gyp /usr/bin/nodejs", "/usr/bin/node-gyp /usr/bin/nodejs"],
  ["its own socket", "bind 127.20.1.1:8443", "bind 127.20.101.1:8443"],
  ["its own address without a port", "source 127.20.1.1\n", "source 127.20.1.1\n"],
  ["an address that begins or ends alike", "127.20.1.11:1 1127.20.1.1:2", "127.20.1.11:1 1127.20.1.1:2"],
  ["another machine's socket", "server a 127.20.1.2:8443", "server a 127.20.1.2:8443"],
];

for (const [what, text, expected] of texts) {
  test(`${what} reads ${text === expected ? "the same" : "as it must"} here`, (t) => {
    t.is(localise(text, place), expected);
  });
}

test("text without paths and addresses is never touched", (t) => {
  fc.assert(
    fc.property(
      fc.string(),
      (text) => text.includes("/") || text.includes(":") || localise(text, place) === text,
    ),
  );
  t.pass();
});

test("a path is the machine's own only when it is written out", (t) => {
  t.deepEqual(
    ["/etc/a", "/var/lib/x/y", "/usr/local/bin/z", "/etc", "/etc/../x", "/etc//a", "etc/a", "/home/x"].map(
      isOwn,
    ),
    [true, true, true, false, false, false, false, false],
  );
});
