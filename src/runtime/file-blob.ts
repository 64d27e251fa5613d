const fs = process.getBuiltinModule("node:fs");

/** Bytes that are read at once. */
const part = 262_144;

/**
 * A file, or a part of one, as a Blob that reads from disk while it is consumed. For Deno, whose `openAsBlob` reads all of
 * the file at once; its `fetch` asks a Blob for `size` and `stream()`, so that an upload has a length and is not held
 * in memory.
 */
export class FileBlob extends Blob {
  readonly #path: string;
  readonly #start: number;
  readonly #size: number;
  readonly #type: string;

  constructor(path: string, start: number, size: number, type = "") {
    super();
    this.#path = path;
    this.#start = start;
    this.#size = size;
    this.#type = type;
  }

  override get size(): number {
    return this.#size;
  }

  override get type(): string {
    return this.#type;
  }

  override slice(start = 0, end: number = this.#size, type = ""): Blob {
    const place = (at: number): number => Math.max(0, Math.min(this.#size, at < 0 ? this.#size + at : at));
    const from = place(start);
    return new FileBlob(this.#path, this.#start + from, Math.max(0, place(end) - from), type);
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const bytes = this.#bytes();
    return new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await bytes.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await bytes.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return new Response(this.stream()).arrayBuffer();
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  override text(): Promise<string> {
    return new Response(this.stream()).text();
  }

  async *#bytes(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const file = await fs.promises.open(this.#path);
    try {
      for (let got = 0; got < this.#size; ) {
        const wanted = new Uint8Array(Math.min(part, this.#size - got));
        const { bytesRead } = await file.read(wanted, 0, wanted.length, this.#start + got);
        // As other runtimes say of a file that was written since.
        if (bytesRead === 0) throw new DOMException("The file is shorter than it was", "NotReadableError");
        got += bytesRead;
        yield wanted.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
}
