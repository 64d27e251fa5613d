import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { ownPort } from "../own-port.ts";
import type { Exchange, ProxyAnswer, ProxyScript } from "./exchange.ts";
import { bytesOf, type RawRequest, readRequest } from "./read-request.ts";
import { ask, sendPart, statusOf, type Upstream, upstreamOf } from "./upstream.ts";

/**
 * A TCP proxy before an HTTP server, which does to single requests what networks do. It reads a request whole, asks the
 * script, and gives each request a connection of its own to the server.
 */
export class TcpProxy {
  /** Every whole request that came, in order. */
  readonly exchanges: Exchange[] = [];
  script: ProxyScript = () => undefined;
  #server: Server | undefined;
  #upstream: Upstream;
  readonly #open = new Set<Socket>();
  /** A line for each beginning and end of a request, in order. */
  readonly #log: { readonly exchange: Exchange; readonly begins: boolean }[] = [];
  readonly #port: number;
  #busy = 0;
  #watchers: { readonly check: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(upstream: Upstream, port: number) {
    this.#upstream = upstream;
    this.#port = port;
  }

  /** Starts one before a server of this machine, such as `http://127.0.0.1:5000`. */
  static async start(trackingUri: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(upstreamOf(trackingUri), await ownPort());
    await proxy.accept();
    return proxy;
  }

  /** Stands before another server from now on. */
  redirect(trackingUri: string): void {
    this.#upstream = upstreamOf(trackingUri);
  }

  /** Address of the proxy. */
  get trackingUri(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Stops listening and cuts all connections: whoever comes is refused. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const socket of this.#open) reset(socket);
    await closed;
  }

  /** Listens (again), at the same port. */
  async accept(): Promise<void> {
    if (this.#server) return;
    const server = createServer((socket) => void this.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
    this.#server = server;
  }

  /** Resolves when the server has had all requests that are on their way to it. */
  quiet(): Promise<void> {
    return this.until(() => this.#busy === 0);
  }

  /** Resolves when that is so: looked at whenever a request came, was answered or is over. */
  until(check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (check()) resolve();
      else this.#watchers.push({ check, resolve });
    });
  }

  /** Requests that came to a path. */
  to(end: string): Exchange[] {
    return this.exchanges.filter(({ path }) => path.replace(/\?.*/, "").endsWith(end));
  }

  /** The most requests that were on their way at once, of those that `match`. */
  most(match: (exchange: Exchange) => boolean = () => true): number {
    let now = 0;
    let most = 0;
    for (const { exchange, begins } of this.#log) {
      if (!match(exchange)) continue;
      now += begins ? 1 : -1;
      most = Math.max(most, now);
    }
    return most;
  }

  /** Ends it. */
  close(): Promise<void> {
    return this.refuse();
  }

  async #serve(client: Socket): Promise<void> {
    this.#open.add(client);
    client.on("error", () => {});
    client.once("close", () => this.#open.delete(client));
    const raw = await readRequest(client);
    if (!raw) return;
    const { method, path, headers, body } = raw;
    const request = { number: this.exchanges.length + 1, method, path, headers, body: body.toString() };
    const exchange: Exchange = { ...request, fault: this.script(request), statuses: [] };
    this.exchanges.push(exchange);
    this.#log.push({ exchange, begins: true });
    this.#busy++;
    this.#changed();
    let over = false;
    const gone = (): void => {
      if (!over) this.#log.push({ exchange, begins: false });
      over = true;
    };
    client.once("close", gone);
    await this.#pass(client, raw, exchange);
    if (client.destroyed || client.writableEnded) gone();
    this.#busy--;
    this.#changed();
  }

  #changed(): void {
    const over = this.#watchers.filter(({ check }) => check());
    this.#watchers = this.#watchers.filter((watcher) => !over.includes(watcher));
    for (const { resolve } of over) resolve();
  }

  async #pass(client: Socket, raw: RawRequest, exchange: Exchange): Promise<void> {
    const fault = exchange.fault ?? { delay: 0 };
    const bytes = bytesOf(raw, "answer" in fault || !("body" in fault) ? undefined : fault.body);
    if ("reset" in fault && !("cutAnswer" in fault)) return reset(client);
    if ("answer" in fault) return void client.end(answerOf(fault));
    if ("swallow" in fault && fault.swallow === "request") return;
    if ("cutRequest" in fault) {
      await sendPart(this.#upstream, bytes.subarray(0, fault.cutRequest), this.#open);
      return reset(client);
    }
    if ("hold" in fault) {
      if (fault.lost) reset(client);
      await fault.hold.pass();
    }
    const answer = await this.#ask(bytes, exchange, "twice" in fault);
    if ("swallow" in fault) return;
    if ("holdAnswer" in fault) await fault.holdAnswer.pass();
    if ("delay" in fault && fault.delay > 0) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    if ("cutAnswer" in fault) {
      const part = answer.subarray(0, fault.cutAnswer);
      if (!fault.reset) return void client.end(part);
      // A reset overtakes what was written before it, unless that is on its way.
      if (part.length === 0 || client.destroyed) return reset(client);
      return void client.write(part, () => reset(client));
    }
    if (answer.length === 0) return reset(client);
    client.end(answer);
  }

  async #ask(bytes: Buffer, exchange: Exchange, twice: boolean): Promise<Buffer> {
    const answers = await Promise.all(
      Array.from({ length: twice ? 2 : 1 }, () => ask(this.#upstream, bytes, this.#open)),
    );
    answers.sort((one, other) => (statusOf(one) ?? 0) - (statusOf(other) ?? 0));
    for (const answer of answers) {
      const status = statusOf(answer);
      if (status !== undefined) exchange.statuses.push(status);
    }
    this.#changed();
    return answers.at(-1)!;
  }
}

function answerOf({ answer, headers = {}, body = "" }: ProxyAnswer): Buffer {
  const lines = Object.entries({ "content-type": "text/html", ...headers }).map(([name, value]) => `${name}: ${value}`);
  const length = Buffer.byteLength(body);
  const head = [`HTTP/1.1 ${answer} No`, ...lines, `content-length: ${length}`, "connection: close"];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Ends a connection by RST where the runtime can, so that the other side gets an error and no end of data. */
function reset(socket: Socket): void {
  if (typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}
