import test from "ava";
import { type FigureName, isOver, kinds, measured, notMeasured } from "../../bench/figures.ts";
import { Findings } from "../../bench/findings.ts";
import { Absent, Unmeasurable } from "../../bench/measurement.ts";
import { reportOf } from "../../bench/report.ts";
import { formatValue, renderTable } from "../../bench/table.ts";
import { FailoverError } from "../../infra/errors.ts";

const cpu = "switch by pulumi up: whole tree";
const wall = "switch by pulumi up: start to end";

test("a figure is its runs in their order, and the least, middle and greatest of them", (t) => {
  const runs = [3, 1, 2];
  t.deepEqual(measured(cpu, runs), {
    name: cpu,
    unit: "CPU s",
    runs: [3, 1, 2],
    min: 1,
    median: 2,
    max: 3,
    target: 3,
    notMeasured: null,
  });
  t.is(measured(wall, [4, 1, 2, 9]).median, 3);
  t.is(measured(wall, [4]).median, 4);
});

test("the median is judged, and only where there is a target", (t) => {
  t.false(isOver(measured(cpu, [1, 3, 9])));
  t.true(isOver(measured(cpu, [1, 3.01, 9])));
  t.false(isOver(measured(wall, [1000])));
  t.false(isOver(notMeasured(cpu, "no reason")));
});

test("the table has a row per figure, with its target and how the median stands to it", (t) => {
  const figures = [
    measured(cpu, [1.5, 3.5, 3.25]),
    measured("plant: memory (Pss)", [181.4]),
    measured(wall, [0.0123]),
    notMeasured("switch by octodns: whole tree", "it is not here"),
  ];
  t.is(
    renderTable(figures),
    `
figure                             unit     min  median    max  runs  target
switch by pulumi up: whole tree    CPU s   1.50    3.25   3.50     3  ≤ 3     over
plant: memory (Pss)                MiB      181     181    181     1  ≤ 1229  ok
switch by pulumi up: start to end  s      0.012   0.012  0.012     1
switch by octodns: whole tree      not measured: it is not here`.trimStart(),
  );
});

for (const [value, text] of [
  [0, "0.000"],
  [0.0096, "0.010"],
  [0.5, "0.50"],
  [1.234, "1.23"],
  [39.96, "40.0"],
  [3110.4, "3110"],
] as const) {
  test(`${value} is printed as ${text}`, (t) => t.is(formatValue(value), text));
}

test("findings come in the order of the table, whenever they were made", (t) => {
  const findings = new Findings();
  findings.add({ [wall]: [2], [cpu]: [1] });
  const names = findings.inOrder().map(({ name }) => name);
  t.deepEqual(names, Object.keys(kinds) as FigureName[]);
});

test("what is not here fails nothing; what went wrong does, and the rest goes on", async (t) => {
  const findings = new Findings();
  const fails = (error: Error) => async () => {
    throw error;
  };
  await findings.take(["switch by octodns: whole tree"], fails(new Absent("no octodns")));
  t.deepEqual(findings.failed, []);
  await findings.take([wall], fails(new Unmeasurable("two writes")));
  const failure = new FailoverError("ENGINE_FAILED", { problems: ["it failed.", "Deeply."] });
  await findings.take([cpu], fails(failure));
  t.deepEqual(findings.failed, [wall, cpu]);
  const reasons = findings.inOrder().flatMap(({ notMeasured: reason }) => reason ?? []);
  for (const reason of ["no octodns", "two writes", "it failed. Deeply."]) t.true(reasons.includes(reason));
});

test("an interruption and a defect end the bench", async (t) => {
  const findings = new Findings();
  for (const error of [
    new FailoverError("INTERRUPTED", { problems: "stopped" }),
    new TypeError("a defect"),
  ]) {
    await t.throwsAsync(
      findings.take([cpu], () => Promise.reject(error)),
      { is: error },
    );
  }
});

test("the report holds what ran, how it was measured, and each figure with all its runs", (t) => {
  const run = {
    commit: "abc",
    engine: "3.0.0",
    plugins: { cloudflare: "stand-in" },
    startedAt: "2026-01-01T00:00:00.000Z",
    machine: { cores: 2, memoryGiB: 4, loadAverage: [0, 0, 0] },
  };
  const figures = [measured(cpu, [1, 2])];
  const { method, ...rest } = JSON.parse(JSON.stringify(reportOf(run, figures))) as {
    method: string[];
    [key: string]: unknown;
  };
  t.deepEqual(rest, { schemaVersion: 1, run, figures });
  t.true(method.length > 0);
});
