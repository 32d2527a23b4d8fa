import { timingSafeEqual } from "node:crypto";
import net from "node:net";
import type { Socket } from "node:net";
import ssh2 from "ssh2";
import type { AuthContext, Connection, ParsedKey, PublicKeyAuthContext, Session } from "ssh2";
import { isLoopback } from "../../cloud/loopback.ts";
import { endAll } from "../process-group.ts";
import { commandsOf, executeCommand } from "./ssh-command.ts";
import type { SshHostConfig } from "./ssh-protocol.ts";

/** As Ubuntu's sshd_config has it: all other variables of a client are refused. */
const acceptedVariables = /^(LANG|LC_\w+)$/;
const goneDeadlineMs = 5000;

/** The sshd of one machine: public keys only, commands only. */
export class SshHost {
  readonly #config: SshHostConfig;
  readonly #keys: ParsedKey[];
  readonly #server: net.Server;
  readonly #sockets = new Set<Socket>();

  constructor(config: SshHostConfig) {
    this.#config = config;
    this.#keys = config.authorizedKeys.map(parsePublicKey);
    const protocol = new ssh2.Server({ hostKeys: [config.hostKey] }, (connection) => this.#serve(connection));
    this.#server = net.createServer({ noDelay: true }, (socket) => {
      if (!isLoopback(socket.remoteAddress)) socket.destroy();
      else {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
        protocol.injectSocket(socket);
      }
    });
  }

  open(): Promise<void> {
    const { place, port } = this.#config;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, place.shadow, () => resolve());
    });
  }

  /** Clients are cut off, also one that is held in a black hole and would never say goodbye. */
  close(): Promise<void> {
    this.#sockets.forEach((socket) => socket.destroy());
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** The machine is off: its commands end, too. @throws DeadlineError */
  async powerOff(): Promise<void> {
    await this.close();
    await endAll(() => commandsOf(this.#config.place), goneDeadlineMs);
  }

  #serve(connection: Connection): void {
    // A client that goes away in the middle of something is no concern of the others.
    connection.on("error", () => {});
    connection.on("authentication", (context) => this.#authenticate(context));
    connection.on("session", (accept) => this.#open(accept()));
  }

  #authenticate(context: AuthContext): void {
    if (context.method === "publickey" && context.username === this.#config.user && this.#knows(context)) {
      context.accept();
    } else context.reject(["publickey"]);
  }

  /** The first time a client only asks whether the key would do; the second time it signs. */
  #knows({ key, blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
    const known = this.#keys.find((one) => one.type === key.algo && isSame(one.getPublicSSH(), key.data));
    if (!known) return false;
    if (!blob || !signature) return true;
    // An Error for what is no signature at all, whatever its type says.
    const valid: unknown = known.verify(blob, signature, hashAlgo);
    return valid === true;
  }

  #open(session: Session): void {
    const env: Record<string, string> = {};
    session.on("env", (accept, reject, { key, val }) => {
      if (!acceptedVariables.test(key)) return reject?.();
      env[key] = val;
      accept?.();
    });
    session.on("exec", (accept, _, { command }) => {
      executeCommand(accept(), { config: this.#config, command, env });
    });
  }
}

function parsePublicKey(line: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(line);
  if (parsed instanceof Error) throw new Error(`no public key: ${line}`, { cause: parsed });
  return parsed;
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
