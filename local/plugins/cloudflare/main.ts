/**
 * The stand-in of pulumi-resource-cloudflare. The engine starts it for one operation, reads the port from the
 * first line of stdout, and ends it; see launcher.ts for the executable.
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { exitWithParent } from "../parent-watch.ts";
import { createProvider } from "./provider.ts";

const unlimited = -1;
const server = new Server({
  "grpc.max_receive_message_length": unlimited,
  "grpc.max_send_message_length": unlimited,
});
server.addService(ResourceProviderService, createProvider(process.env));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
exitWithParent();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
