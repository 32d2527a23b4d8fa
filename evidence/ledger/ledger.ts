import * as v from "valibot";

const utc = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, "it is no time in UTC"),
  v.check(isTime, "there is no such time"),
);

/**
 * The ledger of drills: JSON lines, only ever added to. A line for each scenario that was played, for each drill that
 * ended before it could judge one, and for each drill that was due and did not take place.
 */
const runFacts = {
  schemaVersion: v.literal(1),
  /** When the drill began, or was due. ISO 8601, UTC. */
  at: utc,
  /** Of the code, and of the plan's promises; "+changes" where a file differs from it. */
  commit: v.object({ code: v.string(), promise: v.string() }),
};

const playedFacts = {
  ...runFacts,
  scenario: v.string(),
  /** A drill on a local plant is never more than a simulation: real ones must not be counted with them. */
  plant: v.string(),
  engine: v.string(),
  plugins: v.record(v.string(), v.string()),
  realTime: v.boolean(),
  ttlDivisor: v.number(),
};

const seconds = v.nullable(v.pipe(v.number(), v.minValue(0, "no time is negative")));
const clocks = v.looseObject({ rtoOutageSeconds: seconds, rtoDeclaredSeconds: seconds, rpoSeconds: seconds });

const verdict = v.picklist(["kept", "missed", "unproven"]);
const ruling = v.nullable(v.looseObject({ verdict }));

const runRow = v.looseObject({
  ...playedFacts,
  kind: v.literal("run"),
  topology: v.nullable(v.string()),
  verdict,
  /** Of each promise, and of the data; null where nothing was promised, or looked at. */
  rto: ruling,
  rpo: ruling,
  data: ruling,
  reason: v.nullable(v.string()),
  accepted: v.nullable(v.looseObject({ until: v.string() })),
  condition: v.nullable(v.string()),
  /** Between two samples: an outage may hide there. */
  resolutionSeconds: v.number(),
  measured: clocks,
  projected: clocks,
  promised: v.looseObject({
    rtoSeconds: v.number(),
    rpoSeconds: seconds,
    clock: v.picklist(["outage", "declared"]),
  }),
  /** Of the way back; a verdict of null where there was none. */
  failback: v.looseObject({ verdict: v.nullable(verdict) }),
});

const stoppedRow = v.looseObject({
  ...playedFacts,
  kind: v.literal("stopped"),
  /** Code of what stopped it. */
  reason: v.string(),
});

const skipRow = v.looseObject({
  ...runFacts,
  kind: v.literal("skip"),
  /** Empty: all of them. */
  scenarios: v.array(v.string()),
  reason: v.string(),
});

const row = v.variant("kind", [runRow, stoppedRow, skipRow]);

export type RunRow = v.InferOutput<typeof runRow>;
export type StoppedRow = v.InferOutput<typeof stoppedRow>;
export type SkipRow = v.InferOutput<typeof skipRow>;
export type LedgerRow = RunRow | StoppedRow | SkipRow;

/** A line that is no row. It counts nowhere and is never silently left out. */
export interface DamagedLine {
  number: number;
  text: string;
  why: string;
}

export interface Ledger {
  rows: LedgerRow[];
  damaged: DamagedLine[];
}

/** @param now what was played later than that is no row. A skip may be known before its day. */
export function parseLedger(text: string, now?: Date): Ledger {
  const ledger: Ledger = { rows: [], damaged: [] };
  const lines = text.split("\n");
  const numbers = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const parsed = parseLine(line, { isLast: index === lines.length - 1, now });
    const key = typeof parsed === "string" ? line : keyOf(parsed, line);
    const twin = numbers.get(key);
    if (twin === undefined) numbers.set(key, index + 1);
    const outcome = twin === undefined ? parsed : `it is line ${twin} once more`;
    if (typeof outcome === "string") ledger.damaged.push({ number: index + 1, text: line, why: outcome });
    else ledger.rows.push(outcome);
  }
  return ledger;
}

/** A drill plays a scenario once, whatever two lines say of it. Of what did not take place there may be two reasons. */
function keyOf(parsed: LedgerRow, line: string): string {
  return parsed.kind === "skip" ? line : `${parsed.at} ${parsed.scenario} ${parsed.commit.code}`;
}

/** The row, or why it is none. */
function parseLine(
  line: string,
  { isLast, now }: { isLast: boolean; now: Date | undefined },
): LedgerRow | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Only the end of what was written is missing when a process is killed: whatever came later began a new line.
    return isLast || line.startsWith("{") ? "it is cut in half" : "it is no JSON";
  }
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === "number" && version > 1) return `it is of version ${version}; this code knows 1`;
  const result = v.safeParse(row, value);
  if (!result.success) {
    const [issue] = result.issues;
    return `${v.getDotPath(issue) ?? "the line"}: ${issue.message}`;
  }
  const { kind, at } = result.output;
  const isAhead = kind !== "skip" && now !== undefined && new Date(at) > now;
  if (isAhead) return `at: ${at} has yet to come`;
  return contradictionIn(result.output) ?? result.output;
}

/** A promise that is kept has figures, within its bounds, and so has each part of the verdict. */
function contradictionIn(line: LedgerRow): string | undefined {
  if (line.kind !== "run" || line.verdict !== "kept") return undefined;
  const { measured, projected, promised } = line;
  const notKept = [line.rto, line.rpo, line.data].filter((one) => one !== null && one.verdict !== "kept");
  if (notKept.length > 0) return "verdict: kept, but one of its parts is not";
  const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  if (measured[clock] === null) return "verdict: kept, but no outage was measured that ended";
  const fits = (figure: number | null, maximum: number) => figure !== null && figure <= maximum;
  if (!fits(projected[clock], promised.rtoSeconds))
    return "verdict: kept, but the projected RTO is not within the promised one";
  if (promised.rpoSeconds === null || fits(projected.rpoSeconds, promised.rpoSeconds)) return undefined;
  return "verdict: kept, but the projected RPO is not within the promised one";
}

/** Date takes February 30th for March 2nd: a time that is one comes back as it was. */
function isTime(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19);
}
