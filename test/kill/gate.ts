import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the gate does with the n-th write (or upload) that comes. */
export interface Hold {
  /** Before the server sees it, after the server has answered, or with a part of an upload's body gone on. */
  readonly at: "request" | "answer" | "upload";
  readonly number: number;
  /** Counts only writes whose path ends so. */
  readonly path?: string;
  /** What becomes of a held request when its client is dead: it never comes, or it comes to the server late. */
  readonly fate: "lost" | "late";
  /** Milliseconds after which it comes then. @default 0 */
  readonly after?: number;
}

/** How far a request is. */
interface Passing {
  readonly upload: boolean;
  readonly write: boolean;
  answered: boolean;
}

/** What was on its way. */
export interface Traffic {
  /** Writes that the server has not answered. */
  readonly writes: number;
  /** Uploads among them. */
  readonly uploads: number;
  /** Writes that the server has answered ever, uploads not counted: their end is the list that follows. */
  readonly answered: number;
}

const WRITES = /\/runs\/(create|log-batch|log-inputs|update|delete-tag|set-tag|log-metric|log-parameter)$/;

/** An HTTP proxy in front of a server that stands still where it is told to. */
export class Gate {
  readonly #server: Server;
  readonly #upstream: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #passing = new Set<Passing>();
  readonly #late = new Set<Promise<void>>();
  #answered = 0;
  #hold: Hold | undefined;
  #seen = 0;
  #closed = false;
  #latency: () => number = () => 0;
  #held: (() => void) | undefined;
  #release: (() => void)[] = [];

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => incoming.socket.destroy());
    });
  }

  /** Opens a gate at a port of its own. */
  static async open(upstream: string): Promise<Gate> {
    const gate = new Gate(upstream);
    await new Promise<void>((resolve) => gate.#server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * For the next client; resolves when a request stands still. `down` cuts every connection. `latency` gives the
   * milliseconds that each way takes.
   */
  arm(hold?: Hold | "down", latency: () => number = () => 0): Promise<void> {
    this.#latency = latency;
    this.#closed = hold === "down";
    this.#hold = hold === "down" ? undefined : hold;
    this.#seen = this.#answered = 0;
    return new Promise((resolve) => {
      this.#held = resolve;
    });
  }

  traffic(): Traffic {
    const writes = [...this.#passing].filter(({ write, answered }) => write && !answered);
    const uploads = writes.filter(({ upload }) => upload);
    return { writes: writes.length, uploads: uploads.length, answered: this.#answered };
  }

  /** Its client is dead: what was held meets its fate. */
  letGo(): void {
    for (const release of this.#release.splice(0)) release();
  }

  async close(): Promise<void> {
    this.letGo();
    await Promise.allSettled(this.#late);
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (this.#closed) return void incoming.socket.destroy();
    const path = incoming.url ?? "/";
    const upload = incoming.method === "PUT";
    const passing: Passing = { upload, write: upload || WRITES.test(path), answered: false };
    const hold = this.#hold;
    const counts = hold?.at === "upload" ? upload : passing.write && path.endsWith(hold?.path ?? "");
    const held = hold && counts && ++this.#seen === hold.number ? hold : undefined;
    this.#passing.add(passing);
    try {
      if (held?.at === "upload") return await this.#holdUpload(incoming);
      const body = await read(incoming);
      if (held?.at === "request") return await this.#holdRequest(incoming, body, held);
      await this.#travel();
      const answer = await this.#forward(incoming, body);
      passing.answered = true;
      if (passing.write && !upload) this.#answered++;
      if (held) await this.#standStill();
      await this.#travel();
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
    } finally {
      this.#passing.delete(passing);
    }
  }

  async #travel(): Promise<void> {
    await wait(this.#latency());
  }

  /** Lets the first part of a body through, and cuts the connection when its sender is dead. */
  async #holdUpload(incoming: IncomingMessage): Promise<void> {
    const outgoing = this.#request(incoming);
    outgoing.on("error", () => {});
    const [first] = await firstPart(incoming);
    // A body of one piece is cut in the middle, too.
    outgoing.write(first.subarray(0, Math.ceil(first.length / 2)));
    await this.#standStill();
    outgoing.destroy();
    incoming.destroy();
  }

  async #holdRequest(incoming: IncomingMessage, body: Buffer, { fate, after = 0 }: Hold): Promise<void> {
    await this.#standStill();
    if (fate === "late") {
      const late = wait(after).then(async () => void (await this.#forward(incoming, body)));
      this.#late.add(late);
      await late;
    }
    incoming.socket.destroy();
  }

  #standStill(): Promise<void> {
    this.#held?.();
    return new Promise((resolve) => {
      this.#release.push(resolve);
    });
  }

  #request({ url, method, headers }: IncomingMessage): ReturnType<typeof request> {
    const { hostname, port, host } = this.#upstream;
    return request({ hostname, port, path: url, method, agent: this.#agent, headers: { ...headers, host } });
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(incoming);
      outgoing.once("error", reject);
      outgoing.once("response", (response) => {
        read(response).then((bytes) => {
          const { "content-type": type = "application/json" } = response.headers;
          const headers = { "content-type": type, "content-length": String(bytes.length) };
          resolve({ status: response.statusCode ?? 500, headers, body: bytes });
        }, reject);
      });
      outgoing.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function wait(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function firstPart(stream: IncomingMessage): Promise<[Buffer]> {
  for await (const part of stream.iterator({ destroyOnReturn: false })) return [part as Buffer];
  return [Buffer.alloc(0)];
}
