import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseSchedule, skipReason } from "../../drill/schedule.ts";
import { FailoverError } from "../../infra/errors.ts";

const committed = readFileSync(join(import.meta.dirname, "..", "..", "drill", "schedule.yaml"), "utf8");

const berlin = parseSchedule(
  `zone: Europe/Berlin
windows:
  - { days: [Mon, Tue], from: "02:00", to: "08:00" }
  - { days: [Sat], from: "20:00", to: "24:00" }
blocked:
  - { from: "2026-12-21", to: "2027-01-03", reason: holidays }
`,
  "schedule.yaml",
);

for (const [at, reason] of [
  ["2026-12-01T01:00:00Z", null],
  ["2026-12-01T00:59:59Z", "Tue 01:59 Europe/Berlin is in no window (Mon, Tue 02:00–08:00; Sat 20:00–24:00)"],
  ["2026-12-01T07:00:00Z", "Tue 08:00 Europe/Berlin is in no window (Mon, Tue 02:00–08:00; Sat 20:00–24:00)"],
  // Summer time: the same hour of the clock is another one of UTC.
  ["2027-06-01T00:00:00Z", null],
  ["2026-12-02T03:00:00Z", "Wed 04:00 Europe/Berlin is in no window (Mon, Tue 02:00–08:00; Sat 20:00–24:00)"],
  ["2026-12-05T22:59:00Z", null],
  ["2026-12-05T23:00:00Z", "Sun 00:00 Europe/Berlin is in no window (Mon, Tue 02:00–08:00; Sat 20:00–24:00)"],
  ["2026-12-22T03:00:00Z", "blocked from 2026-12-21 to 2027-01-03: holidays"],
  // Blocked days are those of the zone: there it is the 21st already.
  ["2026-12-20T23:30:00Z", "blocked from 2026-12-21 to 2027-01-03: holidays"],
  ["2027-01-04T02:00:00Z", null],
] as const) {
  test(`a drill that is due at ${at} ${reason === null ? "runs" : "is skipped"}`, (t) => {
    t.is(skipReason(berlin, new Date(at)), reason);
  });
}

test("the committed schedule is valid", (t) => {
  t.notThrows(() => parseSchedule(committed, "drill/schedule.yaml"));
});

for (const [what, text, problem] of [
  ["no YAML", "zone: [", /is not YAML/],
  ["an unknown key", committed.replace("zone:", "zones:"), /zones: /],
  [
    "an unknown zone",
    committed.replace("Europe/Berlin", "Europe/Nowhere"),
    /zone: a time zone, as Europe\/Berlin/,
  ],
  ["an unknown day", committed.replace("Mon", "Mo"), /windows\.0\.days\.0: /],
  ["a time that is none", committed.replace("02:00", "2 a.m."), /windows\.0\.from: a time of day/],
  [
    "a window over midnight",
    committed.replace("02:00", "22:00"),
    /windows\.0: from before to; a window over midnight is two/,
  ],
  ["no window", "zone: UTC\nwindows: []\nblocked: []\n", /windows: at least one window/],
  [
    "a day that does not exist",
    committed.replace("2026-12-21", "2026-02-30"),
    /blocked\.0\.from: a date, as 2026-12-24/,
  ],
  [
    "a block that ends before it begins",
    committed.replace("2026-12-21", "2027-12-21"),
    /blocked\.0: from not after to/,
  ],
  ["a block without a reason", committed.replace(/reason: .*/, 'reason: ""'), /blocked\.0\.reason: a reason/],
  ["an empty file", "", /the file: /],
] as const) {
  test(`a schedule with ${what} is refused`, (t) => {
    const error = t.throws(() => parseSchedule(text, "drill/schedule.yaml"), { instanceOf: FailoverError });
    t.is(error?.code, "INVALID_CONFIG");
    t.regex(error?.message ?? "", problem);
    t.true(error?.message.endsWith("In: drill/schedule.yaml\n  Next: git diff drill/schedule.yaml"));
  });
}
