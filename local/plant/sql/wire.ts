import type { Duplex } from "node:stream";

/** The first packets of a connection: postgresql.org/docs/15/protocol-message-formats.html. */
export const openings = { startup: 196_608, cancel: 80_877_102, tls: 80_877_103, gss: 80_877_104 };

export interface Opening {
  code: number;
  /** As it came, its length included. */
  packet: Buffer;
}

export interface Message {
  type: string;
  body: Buffer;
  /** As it came. */
  packet: Buffer;
}

const longestOpening = 10_000;
// A password message is the longest of a login; an access token has a few thousand characters.
const longestMessage = 100_000;

export async function readOpening(stream: Duplex): Promise<Opening> {
  const head = await readExactly(stream, 8);
  const length = head.readInt32BE(0);
  if (length < 8 || length > longestOpening) throw new Error("not PostgreSQL's protocol");
  const rest = length > 8 ? await readExactly(stream, length - 8) : Buffer.alloc(0);
  return { code: head.readInt32BE(4), packet: Buffer.concat([head, rest]) };
}

export async function readMessage(stream: Duplex): Promise<Message> {
  const head = await readExactly(stream, 5);
  const length = head.readInt32BE(1) - 4;
  if (length < 0 || length > longestMessage) throw new Error("not PostgreSQL's protocol");
  const body = length > 0 ? await readExactly(stream, length) : Buffer.alloc(0);
  return { type: String.fromCodePoint(head[0] ?? 0), body, packet: Buffer.concat([head, body]) };
}

/** Names and values of a startup packet. */
export function parametersOf({ packet }: Opening): Record<string, string> {
  const words = packet.subarray(8).toString().split("\0");
  const pairs: [string, string][] = [];
  for (let index = 0; words[index]; index += 2) pairs.push([words[index] ?? "", words[index + 1] ?? ""]);
  return Object.fromEntries(pairs);
}

/** One field of an ErrorResponse: `C` is the SQLSTATE, `M` the message. */
export function fieldOf({ body }: Message, field: string): string | undefined {
  return body
    .toString()
    .split("\0")
    .find((each) => each.startsWith(field))
    ?.slice(1);
}

export function fatal(sqlState: string, message: string): Buffer {
  const fields = ["SFATAL", "VFATAL", `C${sqlState}`, `M${message}`].map((field) => `${field}\0`);
  return messageOf("E", Buffer.from(`${fields.join("")}\0`));
}

export function askForPassword(): Buffer {
  return messageOf("R", Buffer.from([0, 0, 0, 3]));
}

/** What a password message says. */
export function passwordOf({ body }: Message): string {
  return body.subarray(0, -1).toString();
}

function messageOf(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Takes no byte more than that, so that the rest can be piped. */
async function readExactly(stream: Duplex, length: number): Promise<Buffer> {
  for (;;) {
    const chunk = stream.read(length) as Buffer | null;
    if (chunk?.length === length) return chunk;
    if (chunk || stream.readableEnded || stream.destroyed) throw new Error("the connection has ended");
    await somethingHappens(stream);
  }
}

function somethingHappens(stream: Duplex): Promise<void> {
  const events = ["readable", "end", "close"];
  return new Promise((resolve) => {
    const settle = () => {
      events.forEach((event) => stream.off(event, settle));
      resolve();
    };
    events.forEach((event) => stream.on(event, settle));
  });
}
