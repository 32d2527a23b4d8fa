import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Answers for Azure's names, in the place of a plant's own servers. */
export class NameServer {
  /** Address by name; a name that is not here does not exist. */
  readonly names: Record<string, string> = {};
  /** Names it was asked for, in order. */
  readonly asked: string[] = [];
  readonly #socket = createSocket("udp4");

  /** @returns `address:port` */
  async start(address: string): Promise<string> {
    this.#socket.on("message", (query, peer) => {
      const name = nameIn(query);
      this.asked.push(name);
      this.#socket.send(answerTo(query, this.names[name]), peer.port, peer.address);
    });
    this.#socket.bind(0, address);
    await once(this.#socket, "listening");
    return `${address}:${this.#socket.address().port}`;
  }

  stop(): void {
    this.#socket.close();
  }
}

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at] !== 0;) {
    const length = query[at] ?? 0;
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return labels.join(".").toLowerCase();
}

/** An A record with a TTL of an hour, which machines must not go by, or that there is no such name (RFC 1035, 4.1). */
function answerTo(query: Buffer, found: string | undefined): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(found ? 0x8580 : 0x8583, 2);
  header.writeUInt16BE(found ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, ...(found ?? "").split(".").map(Number)];
  return Buffer.concat([header, query.subarray(12, end), Buffer.from(found ? record : [])]);
}
