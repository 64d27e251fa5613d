import type { IncomingMessage } from "node:http";
import type { Clock, Timer } from "../../runtime/ports/clock.ts";

/** Milliseconds without a byte after which a body is given up. */
const patience = 60_000;

/** A client that stopped in the middle of a body. */
export class BodyTimeout extends Error {
  override readonly name: string = "BodyTimeout";

  constructor() {
    super(`Cannot read the request as none of its body came for ${patience / 1000} s`);
  }
}

/** The body of a request, piece by piece, begun when it is asked for. A piece that does not come is `onLate`. */
export function bodyChunks(
  incoming: IncomingMessage,
  clock: Clock,
  onLate: (error: BodyTimeout) => void,
): AsyncIterator<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return {
    next() {
      // What is left when nobody reads on is read away: to destroy the stream would cut off the answer.
      chunks ??= incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
      const piece = chunks.next();
      return new Promise((resolve, reject) => {
        const timer = clock.after(patience, () => {
          const error = new BodyTimeout();
          onLate(error);
          reject(error);
        });
        piece.then(resolve, reject).finally(() => timer.cancel());
      });
    },
    return: () => chunks?.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}

/** Reads the rest of a body away once it is answered, and cuts the connection when that does not come. */
export function dropRest(incoming: IncomingMessage, chunks: AsyncIterator<Uint8Array>, clock: Clock): void {
  const { socket } = incoming;
  if (incoming.complete || socket.destroyed) return;
  let timer: Timer | undefined;
  const wait = (): void => {
    timer?.cancel();
    timer = clock.after(patience, () => socket.destroy());
  };
  const over = (): void => {
    timer?.cancel();
    incoming.off("data", wait).off("end", over);
    socket.off("close", over);
  };
  wait();
  incoming.on("data", wait).once("end", over);
  socket.once("close", over);
  // The stream does not flow while somebody iterates over it.
  void chunks.return?.().then(
    () => incoming.resume(),
    () => undefined,
  );
}
