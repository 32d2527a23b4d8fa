/** An error that the engine reports with the resource it happened to. */
export interface ResourceFailure {
  /** `azure-native:compute:VirtualMachine` */
  type: string;
  /** Logical name in the program. */
  name: string;
  /** The cloud's own words, its code first, on one line. */
  message: string;
}

/** A paragraph of Azure's is longer than this, and ends in links. */
const longestMessage = 400;
const mostLines = 6;

/** What the engine named as errors, else the last lines it printed. A lock's owner stands on a line of its own. */
export function diagnostics(output: string): string[] {
  const failures = resourceFailures(output);
  if (failures.length > 0) return failures.slice(0, mostLines).map(describeFailure);
  const lines = output.split("\n").map((line) => line.trimEnd());
  const errors = [...new Set(lines.filter((line) => /^\s*error:|: created by /.test(line)))];
  return (errors.length > 0 ? errors : lines.filter((line) => line !== ""))
    .slice(-mostLines)
    .map((line) => line.trim());
}

/**
 * Errors of resources, in the order in which the engine lists them. Under the heading `Diagnostics:` it prints
 * `  <type> (<name>):` and below it, deeper, `    error: <message>`, which may go on for lines (pulumi 3.274).
 */
export function resourceFailures(output: string): ResourceFailure[] {
  const lines = output.slice(Math.max(0, output.search(/^Diagnostics:$/m))).split("\n");
  const found: ResourceFailure[] = [];
  let about: { type: string; name: string } | undefined;
  let open: ResourceFailure | undefined;
  for (const line of lines) {
    const heading = /^ {2}(\S+) \((.+)\):$/.exec(line);
    const message = /^ {4}(error|warning|info|debug): (.*)$/.exec(line);
    if (heading) about = { type: heading[1] ?? "", name: heading[2] ?? "" };
    const ends = heading ?? message ?? /^\S/.exec(line);
    if (ends) open = undefined;
    if (message?.[1] === "error" && about) found.push((open = { ...about, message: message[2] ?? "" }));
    else if (open) open.message += `\n${line}`;
  }
  // The stack repeats that something failed, which is known, and what the program itself printed is no resource's.
  return found
    .filter(({ type }) => type !== "pulumi:pulumi:Stack")
    .map((failure) => ({ ...failure, message: oneLine(failure.message) }));
}

/** `VirtualMachine api-main: SkuNotAvailable: The requested VM size …` */
function describeFailure({ type, name, message }: ResourceFailure): string {
  return `${type.split(":").at(-1)} ${name}: ${message}`;
}

/** Azure's errors as its provider prints them: `Status=409 Code="…" Message="…"`, in a list when there is one more. */
function oneLine(message: string): string {
  const text = message
    .replace(/^1 error occurred:\s*\*/, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/Status=\d+ Code="([^"]+)" Message="(.*)"/g, "$1: $2")
    .trim();
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}
