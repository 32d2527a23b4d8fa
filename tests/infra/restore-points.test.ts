import test from "ava";
import { checkRestorePoints } from "../../infra/restore-points.ts";

const nowMs = Date.parse("2026-11-25T12:00:00Z");

test("restore points of the past in the order of time are accepted", (t) => {
  const points = [{ at: "2026-11-24T23:15:00Z" }, { at: "2026-11-25T11:59:59Z" }];
  t.deepEqual(checkRestorePoints(points, nowMs), []);
});

test("a restore point in the future is refused with what is now, and the command that corrects it", (t) => {
  const [problem] = checkRestorePoints(
    [{ at: "2026-11-24T23:15:00Z" }, { at: "2026-11-25T12:00:01Z" }],
    nowMs,
  );
  t.like(problem, {
    code: "INVALID_CONFIG",
    key: "restores[1].at",
    text: "restores[1].at is 2026-11-25T12:00:01Z, in the future (now 2026-11-25T12:00:00Z); allowed: a time before the data went wrong.",
  });
  t.regex(problem?.fix ?? "", /^pulumi config set --path 'failover-stacks:restores\[1\]\.at' /);
});

test("every entry that repeats a time or is out of order is named", (t) => {
  const points = ["2026-11-24T03:00:00Z", "2026-11-24T03:00:00Z", "2026-11-24T01:00:00Z"];
  const problems = checkRestorePoints(
    points.map((at) => ({ at })),
    nowMs,
  );
  t.deepEqual(
    problems.map(({ key }) => key),
    ["restores[1].at", "restores[2].at"],
  );
});
