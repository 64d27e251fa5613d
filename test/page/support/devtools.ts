/** A message of the devtools protocol: an answer to a command, or an event. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

type Listener = (params: Record<string, unknown>) => void;

interface Waiting {
  readonly resolve: (result: Record<string, unknown>) => void;
  readonly reject: (error: Error) => void;
  readonly method: string;
  readonly session: string | undefined;
}

/**
 * The devtools protocol of Chromium over one socket. Bare, because these tests kill, stop and freeze what they talk to:
 * a command to a page that is gone rejects, one to a page that is stopped waits, and neither hurts the others.
 */
export class Devtools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Message));
    socket.addEventListener("close", () => this.#fail(() => true, "the browser is gone"));
  }

  static connect(url: string): Promise<Devtools> {
    const socket = new WebSocket(url);
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(new Devtools(socket)), { once: true });
      socket.addEventListener("error", () => reject(new Error(`Cannot connect to Chromium at ${url}`)), { once: true });
    });
  }

  /** Sends a command to the browser, or to the page of a session. */
  send<T = Record<string, unknown>>(method: string, params: object = {}, session?: string): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) return reject(new Error(`${method}: the browser is gone`));
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, method, session });
      this.#socket.send(JSON.stringify({ id, method, params, ...(session !== undefined && { sessionId: session }) }));
    });
  }

  /** Hears an event of the browser, or of the page of a session; gives what ends that. */
  on(method: string, listener: Listener, session = ""): () => void {
    const name = `${session} ${method}`;
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  close(): void {
    this.#socket.close();
  }

  #take({ id, method, sessionId, params = {}, result = {}, error }: Message): void {
    if (id === undefined) {
      for (const listener of [...(this.#listeners.get(`${sessionId ?? ""} ${method}`) ?? [])]) listener(params);
      if (method !== "Target.detachedFromTarget") return;
      this.#fail(({ session }) => session === params["sessionId"], "the page is gone");
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting?.resolve(result);
  }

  #fail(which: (waiting: Waiting) => boolean, reason: string): void {
    for (const [id, waiting] of this.#waiting) {
      if (!which(waiting)) continue;
      this.#waiting.delete(id);
      waiting.reject(new Error(`${waiting.method}: ${reason}`));
    }
  }
}
