import net from "node:net";
import type { SocketAddress } from "./addresses.ts";

/** @throws Error while nobody accepts there */
export function connectOnce({ address, port }: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port }, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}
