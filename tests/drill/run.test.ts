import test from "ava";
import { isRefusal } from "../../drill/run.ts";
import { type ErrorCode, errorCodes, FailoverError } from "../../infra/errors.ts";

test("only a cloud that says no, or nothing until the deadline, has refused a switch", (t) => {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const counted = codes.filter((code) => isRefusal(new FailoverError(code, { problems: "x" })));
  t.deepEqual(counted, ["ENGINE_FAILED", "ENGINE_DEADLINE"]);
  t.false(isRefusal(new Error("x")));
});
