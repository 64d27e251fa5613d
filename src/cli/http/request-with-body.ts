/** MLflow's clients may send JSON with a GET, which no plain `Request` can be made with. */
export class RequestWithBody extends Request {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Reads the body once, as a request does. */
  readonly #reader: Response;

  constructor(url: string, init: RequestInit, bytes: Uint8Array<ArrayBuffer>) {
    super(url, init);
    this.#bytes = bytes;
    this.#reader = new Response(bytes);
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#reader.body;
  }

  override get bodyUsed(): boolean {
    return this.#reader.bodyUsed;
  }

  override text(): Promise<string> {
    return this.#reader.text();
  }

  override json(): Promise<unknown> {
    return this.#reader.json();
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#reader.arrayBuffer();
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reader.bytes();
  }

  override blob(): Promise<Blob> {
    return this.#reader.blob();
  }

  override clone(): RequestWithBody {
    if (this.bodyUsed) throw new TypeError("Cannot clone a request whose body was read");
    const { method, headers, signal } = this;
    return new RequestWithBody(this.url, { method, headers, signal }, this.#bytes);
  }
}
