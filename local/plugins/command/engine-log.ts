import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/engine_pb.js";

const { DEBUG, INFO, WARNING, ERROR } = proto.LogSeverity;
const severities = { debug: DEBUG, info: INFO, warning: WARNING, error: ERROR } as const;

export interface LogLine {
  severity: keyof typeof severities;
  message: string;
  /** True for a line that is shown only while it is a resource's latest. */
  ephemeral?: boolean;
}

/** Lines about one resource, in the order given. */
export interface ResourceLog {
  write: (line: LogLine) => void;
  /** Resolves when the engine has every line. */
  flush: () => Promise<void>;
}

/** The engine's log service. Before `connect`, and for an engine that is gone, lines are dropped. */
export class EngineLog {
  #client: EngineClient | undefined;

  /** @param address `127.0.0.1:port` of the engine */
  connect(address: string): void {
    this.#client?.close();
    this.#client = new EngineClient(address, credentials.createInsecure());
  }

  /** One call at a time, so that the lines of a resource arrive in order. */
  of(urn: string): ResourceLog {
    let sent = Promise.resolve();
    return {
      write: (line) => {
        sent = sent.then(() => this.#send(urn, line));
      },
      flush: () => sent,
    };
  }

  #send(urn: string, { severity, message, ephemeral = false }: LogLine): Promise<void> {
    const request = new proto.LogRequest().setUrn(urn).setMessage(message.toWellFormed());
    request.setSeverity(severities[severity]).setEphemeral(ephemeral);
    return new Promise((resolve) => {
      if (!this.#client) return resolve();
      // A command must not fail because its progress could not be shown.
      this.#client.log(request, () => resolve());
    });
  }
}
