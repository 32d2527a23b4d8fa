import net from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import type { SecureContext } from "node:tls";
import {
  askForPassword,
  fatal,
  fieldOf,
  openings,
  parametersOf,
  passwordOf,
  readMessage,
  readOpening,
} from "./wire.ts";
import type { Opening } from "./wire.ts";

/** How those who come to one address get in. */
export interface Door {
  /** Null: nothing is encrypted here. */
  encryption: SecureContext | null;
  /** Why this user does not get in; undefined when it does. */
  refusal(user: string, password: string): string | undefined;
  /** What a startup packet asks for, as `primary/saas`. */
  wanted(parameters: Record<string, string>): string;
  /** Its unix socket; undefined when it is not there. */
  find(database: string): string | undefined;
  /** Unix socket of the session that a request to cancel means. */
  ofCancelKey(key: string): string | undefined;
}

class LoginError extends Error {
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.sqlState = sqlState;
  }
}

const loginMs = 30_000;

/** One connection: log in, then both directions unchanged. */
export class Session {
  readonly #raw: Socket;
  readonly #door: Door;
  #server: Socket | undefined;
  /** As `primary/saas`, once it is known. */
  database = "";
  /** Unix socket of its server, and the key to cancel what runs there. */
  socket = "";
  cancelKey = "";

  constructor(raw: Socket, door: Door) {
    this.#raw = raw;
    this.#door = door;
    raw.on("error", () => this.reset());
  }

  /** And not a replica's. */
  get isClients(): boolean {
    return this.#door.encryption !== null;
  }

  reset(): void {
    this.#raw.resetAndDestroy();
    this.#server?.destroy();
  }

  /** Resolves when both directions are connected, or the connection is over. */
  async serve(): Promise<void> {
    const tooLate = setTimeout(() => this.reset(), loginMs);
    try {
      const opened = await this.#open();
      if (opened) await this.#logIn(opened);
    } catch {
      // The client has gone, its server has, or it speaks something else.
      this.reset();
    } finally {
      clearTimeout(tooLate);
    }
  }

  async #open(): Promise<{ client: Duplex; opening: Opening } | undefined> {
    let client: Duplex = this.#raw;
    const { encryption } = this.#door;
    for (;;) {
      const opening = await readOpening(client);
      if (opening.code === openings.tls && encryption && client === this.#raw) {
        this.#raw.write("S");
        client = encrypt(this.#raw, encryption);
        client.on("error", () => this.reset());
      } else if (opening.code === openings.tls || opening.code === openings.gss) {
        client.write("N");
      } else if (opening.code === openings.cancel) {
        this.#cancel(opening);
        return undefined;
      } else {
        return { client, opening };
      }
    }
  }

  async #logIn({ client, opening }: { client: Duplex; opening: Opening }): Promise<void> {
    try {
      if (client === this.#raw && this.#door.encryption) {
        throw new LoginError("28000", "The server requires connections to be encrypted.");
      }
      await this.#admit(client, opening);
      await this.#connect(client, opening);
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      client.end(fatal(error.sqlState, error.message));
    }
  }

  async #admit(client: Duplex, opening: Opening): Promise<void> {
    const parameters = parametersOf(opening);
    const user = parameters["user"] ?? "";
    client.write(askForPassword());
    const refusal = this.#door.refusal(user, passwordOf(await readMessage(client)));
    if (refusal) throw loginFailed(user, refusal);
    this.database = this.#door.wanted(parameters);
    this.socket = this.#door.find(this.database) ?? "";
    if (this.socket) return;
    const name = this.database.slice(this.database.indexOf("/") + 1);
    throw new LoginError(
      "3D000",
      `Cannot open database "${name}" requested by the login. The login failed. Login failed for user '${user}'.`,
    );
  }

  async #connect(client: Duplex, opening: Opening): Promise<void> {
    const server = net.connect({ path: this.socket });
    this.#server = server;
    server.on("error", () => this.reset());
    server.write(opening.packet);
    for (;;) {
      const message = await readMessage(server);
      if (message.type === "E" && fieldOf(message, "C") === "28000") {
        server.destroy();
        throw loginFailed(parametersOf(opening)["user"] ?? "", "no such user in this database");
      }
      if (message.type === "K") this.cancelKey = message.body.toString("hex");
      client.write(message.packet);
      // Ready for queries, or refused by PostgreSQL itself.
      if (message.type === "Z" || message.type === "E") break;
    }
    client.pipe(server);
    server.pipe(client);
    client.on("close", () => server.destroy());
    server.on("close", () => client.end());
  }

  #cancel({ packet }: Opening): void {
    const socket = this.#door.ofCancelKey(packet.subarray(8).toString("hex"));
    if (socket) {
      const server = net.connect({ path: socket });
      server.on("error", () => server.destroy());
      server.end(packet);
    }
    this.#raw.end();
  }
}

function encrypt(raw: Socket, secureContext: SecureContext): Duplex {
  return new tls.TLSSocket(raw, { isServer: true, secureContext });
}

function loginFailed(user: string, why: string): LoginError {
  return new LoginError("28000", `Login failed for user '${user}': ${why}.`);
}
