import { text } from "node:stream/consumers";
import type { Client, ClientChannel } from "ssh2";

export interface Ran {
  output: string;
  errors: string;
  code: number | null;
  signal: string | undefined;
}

interface Opened {
  channel: ClientChannel;
  exited: Promise<Pick<Ran, "code" | "signal">>;
}

/** Runs a command to its end. */
export async function runCommand(client: Client, command: string, input: string | Buffer = ""): Promise<Ran> {
  const { channel, exited } = await open(client, command);
  channel.end(input);
  const [output, errors, ending] = await Promise.all([text(channel), text(channel.stderr), exited]);
  return { output, errors, ...ending };
}

/** The listener is there before the callback returns: a short command's end may be in the packet that confirms it. */
function open(client: Client, command: string): Promise<Opened> {
  const exit = Promise.withResolvers<Pick<Ran, "code" | "signal">>();
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      channel.once("exit", (code: number | null, signal?: string) => exit.resolve({ code, signal }));
      resolve({ channel, exited: exit.promise });
    });
  });
}
