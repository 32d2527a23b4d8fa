import { join } from "node:path";
import test from "ava";
import { bench } from "../../bench/bench.ts";
import { boundInBlock } from "../../local/plant/bound-ports.ts";

const project = join(import.meta.dirname, "../..");

/** A bench of one run, and the block of addresses its plant took. */
function shortBench({ whenProgress }: { whenProgress: (text: string) => void }) {
  const stop = new AbortController();
  let block = 0;
  const line = (text: string): void => {
    block = Number(/plant 127\.(\d+)\./.exec(text)?.[1] ?? block);
  };
  const options = { project, setUps: 1, runs: 1, rehearsal: false, signal: stop.signal };
  const running = bench({ ...options, report: { line, progress: whenProgress } });
  return { stop, running, block: () => block };
}

// Serial, as a bench adds up the children of its process.
test.serial("a bench measures every figure and leaves nothing behind", async (t) => {
  const { running, block } = shortBench({ whenProgress: () => {} });
  const { figures, failed, run } = await running;
  t.deepEqual(failed, []);
  const tried = figures.filter(({ name }) => !/octodns|rehearsal|curl/.test(name));
  t.deepEqual(
    tried.filter(({ median }) => median === null),
    [],
  );
  const value = (name: string): number =>
    figures.find((figure) => figure.name === name)?.median ?? Number.NaN;
  t.true(value("switch by pulumi up: whole tree") > value("switch by pulumi up: program"));
  t.true(
    value("switch by pulumi up: start to first write") < value("switch by pulumi up: start to end") * 1000,
  );
  t.regex(run.commit, /^(none|[0-9a-f]{7,}(\+changes)?)$/);
  t.deepEqual(boundInBlock(block()), []);
});

test.serial("a bench that is interrupted in a switch says so and leaves nothing behind", async (t) => {
  const { stop, running, block } = shortBench({
    whenProgress: (text) => {
      if (text.startsWith("switch by pulumi")) stop.abort();
    },
  });
  await t.throwsAsync(running, { message: /^INTERRUPTED\n/ });
  t.not(block(), 0);
  t.deepEqual(boundInBlock(block()), []);
});
