import type { Client, ClientChannel } from "ssh2";

/**
 * One SSH session, whose environment requests are answered before the command is sent. ssh2's `exec` sends the
 * environment without asking for an answer, so that a refusal would go unnoticed; the parts below it do ask, but are
 * not public: ssh2 is pinned, and the tests of remote commands fail if they move.
 */
interface Parts {
  _chanMgr: { add: (opened: Opened) => number };
  _protocol: {
    session: (...channel: [id: number, window: number, packet: number]) => void;
    env: (...request: [channel: number, key: string, value: string, wantReply: boolean]) => void;
    exec: (...request: [channel: number, command: string, wantReply: boolean]) => void;
  };
}
type Opened = ((error: Error | undefined, channel: ChannelParts) => void) & { type?: string };
type ChannelParts = ClientChannel & {
  _callbacks: ((failed: boolean | Error) => void)[];
  outgoing: { id: number; state: string };
};

/** As ssh2's Channel.js. */
const windowBytes = 2 * 1024 * 1024;
const packetBytes = 32 * 1024;

const openRefusals: Record<string, string> = {
  1: "administratively prohibited",
  2: "connect failed",
  3: "unknown channel type",
  4: "resource shortage",
};

export class RemoteSession {
  readonly #protocol: Parts["_protocol"];
  readonly channel: ChannelParts;

  private constructor(protocol: Parts["_protocol"], channel: ChannelParts) {
    this.#protocol = protocol;
    this.channel = channel;
  }

  /** @throws Error where the server refuses a session */
  static open(client: Client): Promise<RemoteSession> {
    const { _chanMgr: channels, _protocol: protocol } = client as unknown as Parts;
    return new Promise((resolve, reject) => {
      const opened: Opened = (error, channel) => {
        if (error) reject(new Error(describeRefusal(error)));
        else resolve(new RemoteSession(protocol, channel));
      };
      opened.type = "session";
      protocol.session(channels.add(opened), windowBytes, packetBytes);
    });
  }

  /** @returns false where the server refuses the variable, as OpenSSH does without AcceptEnv. */
  setVariable(key: string, value: string): Promise<boolean> {
    return this.#request((id) => this.#protocol.env(id, key, value, true));
  }

  /** @returns false where the server refuses to run commands. */
  execute(command: string): Promise<boolean> {
    return this.#request((id) => this.#protocol.exec(id, command, true));
  }

  #request(send: (id: number) => void): Promise<boolean> {
    const { _callbacks: waiting, outgoing } = this.channel;
    if (outgoing.state !== "open") return Promise.resolve(false);
    return new Promise((resolve) => {
      waiting.push((failed) => resolve(failed === false));
      send(outgoing.id);
    });
  }
}

function describeRefusal(error: Error & { reason?: string | number }): string {
  const description = error.message.replace(/^\(SSH\) Channel open failure: /, "");
  const reason = openRefusals[String(error.reason)];
  return reason ? `ssh: rejected: ${reason} (${description})` : "EOF";
}
