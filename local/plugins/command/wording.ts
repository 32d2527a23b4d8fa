/** Texts as Go prints them: the official plugin's errors are Go's, and people search for them. */

const escapes: Record<string, string> = {
  "\u0007": String.raw`\a`,
  "\b": String.raw`\b`,
  "\f": String.raw`\f`,
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
  "\v": String.raw`\v`,
  '"': String.raw`\"`,
  "\\": "\\\\",
};

/** Go's `%q` of a string. */
export function quote(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = character.codePointAt(0)!;
    if (escapes[character]) return escapes[character];
    if (code < 0x80) return `\\x${hex(code, 2)}`;
    return code > 0xff_ff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${escaped}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

const systemErrors: Record<string, string> = {
  EACCES: "permission denied",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EPIPE: "broken pipe",
  ETIMEDOUT: "connection timed out",
};

/** The system's text of a failed call, without Node's code before it. */
export function systemError(error: Error): string {
  return systemErrors[(error as NodeJS.ErrnoException).code ?? ""] ?? error.message;
}
