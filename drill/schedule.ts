import * as v from "valibot";
import { parseDocument } from "yaml";
import { FailoverError } from "../infra/errors.ts";

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

const time = v.pipe(
  v.string(),
  v.regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "a time of day, as 03:30 or 24:00"),
);
const date = v.pipe(v.string(), v.check(isDate, "a date, as 2026-12-24"));

const schema = v.strictObject({
  zone: v.pipe(v.string(), v.check(isZone, "a time zone, as Europe/Berlin")),
  windows: v.pipe(
    v.array(
      v.pipe(
        v.strictObject({ days: v.pipe(v.array(v.picklist(weekdays)), v.minLength(1)), from: time, to: time }),
        v.check(({ from, to }) => from < to, "from before to; a window over midnight is two"),
      ),
    ),
    v.minLength(1, "at least one window"),
  ),
  blocked: v.array(
    v.pipe(
      v.strictObject({ from: date, to: date, reason: v.pipe(v.string(), v.nonEmpty("a reason")) }),
      v.check(({ from, to }) => from <= to, "from not after to"),
    ),
  ),
});

/** When drills of the schedule may run. Somebody who starts one by hand is not held up by it. */
export type Schedule = v.InferOutput<typeof schema>;

/** @throws FailoverError INVALID_CONFIG that names every problem */
export function parseSchedule(text: string, where: string): Schedule {
  const document = parseDocument(text);
  const [syntax] = document.errors;
  const value: unknown = syntax ? undefined : document.toJS();
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = syntax
    ? [`${where} is not YAML: ${syntax.message.split("\n")[0]}`]
    : result.issues.map((issue) => `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
  throw new FailoverError("INVALID_CONFIG", { problems, where, fix: `git diff ${where}` });
}

/** Why a drill that is due at that moment is skipped; null where it may run. */
export function skipReason({ zone, windows, blocked }: Schedule, at: Date): string | null {
  const { day, date: today, time: now } = localTime(at, zone);
  const block = blocked.find(({ from, to }) => from <= today && today <= to);
  if (block) return `blocked from ${block.from} to ${block.to}: ${block.reason}`;
  const open = windows.some(({ days, from, to }) => days.includes(day) && from <= now && now < to);
  if (open) return null;
  const told = windows.map(({ days, from, to }) => `${days.join(", ")} ${from}–${to}`).join("; ");
  return `${day} ${now} ${zone} is in no window (${told})`;
}

interface LocalTime {
  day: (typeof weekdays)[number];
  date: string;
  time: string;
}

function localTime(at: Date, timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: parts["weekday"] as LocalTime["day"],
    date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
    time: `${parts["hour"]}:${parts["minute"]}`,
  };
}

function isZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat("en-GB", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // That it is none is all there is to say.
  }
}

/** A day that exists: 2026-02-30 is none. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}
