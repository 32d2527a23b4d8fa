import test, { type ExecutionContext } from "ava";
import { candidatesFor } from "../../../local/toolchain/libraries.ts";
import { atLeast } from "../../../local/toolchain/version.ts";

const closure = [
  "adduser",
  "haproxy",
  "libc6",
  "libcrypt1",
  "libevent-2.1-7t64",
  "libfstrm0",
  "libgcc-s1",
  "libicu72",
  "libllvm14",
  "liblua5.3-0",
  "libpcre2-8-0",
  "libpython3.11",
  "libssl3",
  "libstdc++6",
];

const named = {
  "libfstrm.so.0": "libfstrm0",
  "liblua5.3.so.0": "liblua5.3-0",
  "libevent-2.1.so.7": "libevent-2.1-7t64",
  "libpython3.11.so.1.0": "libpython3.11",
  "libgcc_s.so.1": "libgcc-s1",
  "libicui18n.so.72": "libicu72",
  "libstdc++.so.6": "libstdc++6",
  "libpcre2-8.so.0": "libpcre2-8-0",
};
for (const [library, name] of Object.entries(named)) {
  test(`${library} is looked for in package ${name}`, (t: ExecutionContext) => {
    t.deepEqual(candidatesFor([library], closure), [name]);
  });
}

test("a library whose package has another name brings every library but the C library and LLVM", (t) => {
  t.deepEqual(
    candidatesFor(["libcrypto.so.3"], closure),
    closure.filter((name) => name.startsWith("lib") && !["libc6", "libllvm14"].includes(name)),
  );
});

const orders = [
  { version: "3.250.0", minimum: "3.250", enough: true },
  { version: "3.9.1", minimum: "3.250", enough: false },
  { version: "4.0.0", minimum: "3.250", enough: true },
  { version: "1.26.5", minimum: "1.26.6", enough: false },
  { version: "1.27", minimum: "1.26.6", enough: true },
];
for (const { version, minimum, enough } of orders) {
  test(`${version} is ${enough ? "" : "not "}${minimum} or newer`, (t: ExecutionContext) => {
    t.is(atLeast(version, minimum), enough);
  });
}
