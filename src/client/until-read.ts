/**
 * The same answer, with a body that tells when it is over (read, cancelled or broken), and that ends with the reason of
 * `signal` also where its source does not listen to it.
 */
export function untilRead(response: Response, signal: AbortSignal, over: () => void): Response {
  if (response.body !== null) return new UnreadResponse(response, response.body, signal, over);
  over();
  return response;
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

class UnreadResponse extends Response {
  readonly #origin: Response;
  readonly #failure: Failure;

  constructor(origin: Response, body: Bytes, signal: AbortSignal, over: () => void) {
    const { status, statusText, headers } = origin;
    const failure: Failure = { error: undefined };
    super(watched(body, signal, over, failure), { status, statusText, headers });
    this.#origin = origin;
    this.#failure = failure;
  }

  override get url(): string {
    return this.#origin.url;
  }

  override get redirected(): boolean {
    return this.#origin.redirected;
  }

  override text(): Promise<string> {
    return this.#read(super.text());
  }

  override json(): Promise<unknown> {
    return this.#read(super.json());
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read(super.arrayBuffer());
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(super.bytes());
  }

  override blob(): Promise<Blob> {
    return this.#read(super.blob());
  }

  /** Chromium says "Failed to fetch" of every stream that breaks. */
  #read<T>(content: Promise<T>): Promise<T> {
    return content.catch((error: unknown) => {
      throw this.#failure.error ?? error;
    });
  }
}

/** What the body broke with. */
interface Failure {
  error: unknown;
}

function watched(source: Bytes, signal: AbortSignal, over: () => void, failure: Failure): Bytes {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        signal.addEventListener("abort", () => {
          failure.error = signal.reason;
          controller.error(signal.reason);
          reader.cancel(signal.reason).catch(() => undefined);
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (signal.aborted) return;
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          if (!signal.aborted) {
            failure.error = error;
            controller.error(error);
          }
        }
        over();
      },
      cancel(reason) {
        over();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
