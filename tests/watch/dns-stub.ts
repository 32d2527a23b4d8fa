import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A name server that answers every question with one address and counts the questions. */
export class DnsStub {
  address = "127.0.0.1";
  questions = 0;
  readonly #socket = createSocket("udp4");

  async listen(): Promise<string> {
    this.#socket.on("message", (query, from) => {
      this.questions += 1;
      this.#socket.send(answer(query, this.address), from.port, from.address);
    });
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }
}

/** RFC 1035: the query's header with answer flags and counts, its question, and one A record with TTL 1. */
function answer(query: Buffer, address: string): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split(".").map(Number)]);
  return Buffer.concat([header, query.subarray(12, end), record]);
}
