import { createHmac, timingSafeEqual } from "node:crypto";

export interface Expected {
  key: Buffer;
  audience: string;
  /** The client id of the identity that wants to log in. */
  user: string;
  nowMs: number;
}

/** Why an access token lets nobody in; undefined when it does. */
export function refusalOf(token: string, { key, audience, user, nowMs }: Expected): string | undefined {
  const [head = "", body = "", signature = ""] = token.split(".");
  if (!isSigned(`${head}.${body}`, signature, key)) return "the token's signature is not valid";
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  if (Number(claims["exp"]) * 1000 <= nowMs) return "the token has expired";
  if (String(claims["aud"]).replace(/\/$/, "") !== audience) return "the token is for another audience";
  if (claims["appid"] !== user) return "the token belongs to another identity";
  return undefined;
}

// The key tells who signed: a token that claims another algorithm was not signed with it in this one.
function isSigned(text: string, signature: string, key: Buffer): boolean {
  const expected = createHmac("sha256", key).update(text).digest();
  const given = Buffer.from(signature, "base64url");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
