import test from "ava";
import { watchedMs, isRefusal } from "../../drill/run.ts";
import { realTime, rehearsal } from "../../drill/stage.ts";
import { type ErrorCode, errorCodes, FailoverError } from "../../infra/errors.ts";

test("only a cloud that says no, or nothing until the deadline, has refused a switch", (t) => {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const counted = codes.filter((code) => isRefusal(new FailoverError(code, { problems: "x" })));
  t.deepEqual(counted, ["ENGINE_FAILED", "ENGINE_DEADLINE"]);
  t.false(isRefusal(new Error("x")));
});

test("a way back that moves settings lasts until hosts have followed them", (t) => {
  for (const topology of [
    "api-main-only",
    "storage-secondary",
    "database-restored",
    "lb-direct+api-backup-only",
  ]) {
    t.is(watchedMs(topology, realTime), 13_000, topology);
    t.is(Math.round(watchedMs(topology, rehearsal)), 3100, topology);
  }
  for (const topology of ["lb-direct", "lb-backup", "workers-scaled", "database-secondary"])
    t.is(watchedMs(topology, realTime), 1000, topology);
  t.is(watchedMs(undefined, realTime), 1000);
});
