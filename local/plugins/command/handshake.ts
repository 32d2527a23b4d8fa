import type { Socket } from "node:net";
import ssh2, { type Client, type ParsedKey } from "ssh2";
import { authenticate, type readCredentials } from "./authentication.ts";
import { systemError } from "./wording.ts";

export interface Handshake {
  user: string;
  methods: Awaited<ReturnType<typeof readCredentials>>;
  /** The only key that the server may have; undefined: any. */
  hostKey: ParsedKey | undefined;
  /** There is no time limit: a server that sends nothing is waited for until this. */
  cancelled: AbortSignal;
}

/**
 * Makes an open socket an authenticated SSH connection. It stays open until the plugin ends, as the official
 * plugin's does.
 * @throws Error `ssh: handshake failed: <reason>`, in Go's words
 */
export function shakeHands(
  socket: Socket,
  { user, methods, hostKey, cancelled }: Handshake,
): Promise<Client> {
  const client = new ssh2.Client();
  const authentication = authenticate(methods, user);
  const ends = `${socket.localAddress}:${socket.localPort}->${socket.remoteAddress}:${socket.remotePort}`;
  return new Promise((resolve, reject) => {
    const onAbort = () => socket.destroy();
    cancelled.addEventListener("abort", onAbort, { once: true });
    const settle = () => cancelled.removeEventListener("abort", onAbort);
    // The first error is the cause; that the socket then closes is not news.
    const fail = (reason: string) => {
      settle();
      socket.destroy();
      reject(cancelled.aborted ? cancelled.reason : new Error(`ssh: handshake failed: ${reason}`));
    };
    client.on("error", (error: SshError) => {
      // An agent without a usable key is no end: the next method follows. After "ready", what ends a connection
      // shows in its command.
      if (error.level !== "agent") fail(describe(error, { hostKey, tried: authentication.tried(), ends }));
    });
    client.once("close", () => fail("EOF"));
    client.once("ready", () => {
      settle();
      resolve(client);
    });
    client.connect({
      sock: socket,
      username: user,
      readyTimeout: 0,
      authHandler: authentication.handler,
      ...(hostKey && {
        algorithms: { serverHostKey: [hostKey.type] },
        hostVerifier: (key: Buffer) => key.equals(hostKey.getPublicSSH()),
      }),
    });
  });
}

/**
 * @throws Error for a text that is no key in authorized_keys form
 */
export function parseHostKey(text: string | undefined): ParsedKey | undefined {
  if (text === undefined) return undefined;
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw new Error("failed to parse host key: ssh: no key found");
  return key;
}

interface SshError extends Error {
  level?: string;
  /** Of an error that is a DISCONNECT message of the server: its reason. */
  code?: number | string;
}

interface Attempt {
  hostKey: ParsedKey | undefined;
  tried: readonly string[];
  /** Both addresses of the socket. */
  ends: string;
}

const texts: readonly [RegExp, (attempt: Attempt) => string][] = [
  [/Host denied/, () => "ssh: host key mismatch"],
  [
    /no matching host key format/,
    ({ hostKey }) => `ssh: no common algorithm for host key; we offered: [${hostKey?.type ?? ""}]`,
  ],
  [
    /All configured authentication methods failed/,
    ({ tried }) =>
      `ssh: unable to authenticate, attempted methods [${tried.join(" ")}], no supported methods remain`,
  ],
  [/Connection lost before handshake/, () => "EOF"],
];

function describe(error: SshError, attempt: Attempt): string {
  if (typeof error.code === "number") return `ssh: disconnect, reason ${error.code}: ${error.message}`;
  const known = texts.find(([pattern]) => pattern.test(error.message));
  if (known) return known[1](attempt);
  return error.level === "client-socket"
    ? `read tcp ${attempt.ends}: read: ${systemError(error)}`
    : error.message;
}
