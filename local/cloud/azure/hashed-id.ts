import { createHash } from "node:crypto";

/**
 * A UUID that is the same for the same words in every local cloud, so that committed principal ids stay true.
 * Formed as RFC 9562's version 5, with SHA-256 and no namespace.
 */
export function hashedId(...words: string[]): string {
  const hex = createHash("sha256").update(words.join("\n").toLowerCase()).digest("hex");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
