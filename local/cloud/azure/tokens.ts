import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { armError } from "./arm-error.ts";
import { isObject } from "./document.ts";

/** Entra's default for a service principal is 60 to 90 minutes: learn.microsoft.com/entra/identity-platform/access-tokens. */
export const tokenSeconds = 3599;

export interface Caller {
  /** Object id of the service principal or managed identity. */
  oid: string;
  appid: string;
}

interface Claims extends Caller {
  aud: string;
  exp: number;
}

export interface TokenSettings {
  tenantId: string;
  /** Hex, of HMAC-SHA-256. Who has it can check tokens too: the databases' gateway. Without it a new one. */
  tokenKey?: string | undefined;
  /** Wall clock, in milliseconds. */
  nowMs?: (() => number) | undefined;
}

/**
 * Issues and reads access tokens: JWTs with the claims that azure-native and SDKs read, signed with a key of this
 * plant, so that a token of another cloud is worth nothing here and the other way round.
 */
export class Tokens {
  readonly #key: Buffer;
  readonly #tenantId: string;
  readonly #nowMs: () => number;

  constructor({ tenantId, tokenKey, nowMs = Date.now }: TokenSettings) {
    this.#key = tokenKey === undefined ? randomBytes(32) : Buffer.from(tokenKey, "hex");
    this.#tenantId = tenantId;
    this.#nowMs = nowMs;
  }

  issue(caller: Caller, audience: string): { token: string; expiresOn: number } {
    const now = Math.floor(this.#nowMs() / 1000);
    const exp = now + tokenSeconds;
    const claims = {
      aud: audience,
      iss: `https://sts.windows.net/${this.#tenantId}/`,
      iat: now,
      nbf: now,
      exp,
      ...caller,
      sub: caller.oid,
      idtyp: "app",
      tid: this.#tenantId,
      ver: "1.0",
    };
    const signed = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(claims)}`;
    return { token: `${signed}.${this.#signatureOf(signed)}`, expiresOn: exp };
  }

  /**
   * Reads an Authorization header.
   * @param audiences without a slash at the end.
   * @throws ArmError 401 with a challenge, as ARM answers it.
   */
  read(authorization: string | undefined, audiences: readonly string[]): Caller {
    if (authorization === undefined) throw challenged("authenticationMissing");
    const claims = this.#claimsOf(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? "");
    if (!claims) throw challenged("invalidToken");
    const now = this.#nowMs();
    if (claims.exp * 1000 <= now) {
      throw challenged("expiredToken", {
        at: new Date(claims.exp * 1000).toISOString(),
        now: new Date(now).toISOString(),
      });
    }
    if (!audiences.includes(claims.aud.replace(/\/+$/, ""))) {
      throw challenged("wrongAudience", { audience: claims.aud });
    }
    return { oid: claims.oid, appid: claims.appid };
  }

  #claimsOf(token: string): Claims | undefined {
    const [head, body, signature] = token.split(".");
    if (head === undefined || body === undefined || signature === undefined) return undefined;
    const expected = Buffer.from(this.#signatureOf(`${head}.${body}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(body, "base64url").toString());
    return isObject(claims) ? (claims as unknown as Claims) : undefined;
  }

  #signatureOf(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

type Refusal = "authenticationMissing" | "invalidToken" | "expiredToken" | "wrongAudience";

function challenged(name: Refusal, words: Record<string, string> = {}) {
  const error = armError(name, words);
  const challenge = `Bearer error="invalid_token", error_description="${error.message}"`;
  return error.with({ "www-authenticate": challenge });
}
