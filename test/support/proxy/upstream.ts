import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** Where the server listens. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
}

/** Where an address such as `http://127.0.0.1:5000` is. */
export function upstreamOf(trackingUri: string): Upstream {
  const { hostname, port } = new URL(trackingUri);
  return { host: hostname, port: Number(port) };
}

/** Sends bytes on a connection of their own and gives all that comes back until the server closes it. */
export function ask(server: Upstream, bytes: Buffer, open: Set<Socket>): Promise<Buffer> {
  return talk(server, open, (socket) => socket.write(bytes));
}

/** Sends bytes, then ends the connection, and resolves when the server has closed its side too. */
export async function sendPart(server: Upstream, bytes: Buffer, open: Set<Socket>): Promise<void> {
  await talk(server, open, (socket) => socket.end(bytes));
}

function talk(server: Upstream, open: Set<Socket>, begin: (socket: Socket) => void): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(server.port, server.host, () => begin(socket));
    open.add(socket);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // What came before an error is what there is.
    socket.on("error", () => {});
    socket.once("close", () => {
      open.delete(socket);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** Status of an answer; undefined when there is none. */
export function statusOf(answer: Buffer): number | undefined {
  const found = /^HTTP\/1\.\d (\d{3})/.exec(answer.toString("latin1", 0, 16))?.[1];
  return found === undefined ? undefined : Number(found);
}
