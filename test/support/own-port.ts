import { createServer } from "node:net";

/** Systems give outgoing connections, and servers that ask for any port, ports above these: Linux from 32,768 on. */
const FIRST = 20_000;
const PORTS = 12_000;

/**
 * A port of this machine for a server that starts later, or that is down for a while: what the system hands out never
 * is one of these, so nothing takes it in the meantime but who asks for it by its number.
 */
export async function ownPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(false) : reject(error),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
