import type { Runtime } from "../../runtime/runtime.ts";
import { transferProgress } from "./transfer-progress.ts";
import { fileOf, ofFile } from "../chunk/file-body.ts";

/** Bytes below which nobody asks how far it is. */
const large = 2 ** 23;

/** The body of an upload that says on a terminal how far it is, and the end of that. */
export interface Reported {
  readonly body: Blob;
  readonly end: () => void;
}

/**
 * A body that shows how much of it was taken. Only where `fetch` asks a Blob for its stream, as Node's and Deno's do:
 * Bun reads the file by itself.
 */
export function reportedBody(
  blob: Blob,
  path: string,
  runtime: Pick<Runtime, "name" | "terminal" | "clock">,
): Reported {
  const asks = runtime.name === "node" || runtime.name === "deno";
  if (!asks || blob.size < large || !runtime.terminal.interactive) return { body: blob, end() {} };
  const progress = transferProgress(runtime);
  const body = new ReportedBlob(blob, (sent) => progress.show(`sending ${path}`, sent, blob.size));
  const file = fileOf(blob);
  return { body: file === undefined ? body : ofFile(body, file), end: progress.end };
}

class ReportedBlob extends Blob {
  readonly #inner: Blob;
  readonly #onBytes: (sent: number) => void;

  constructor(inner: Blob, onBytes: (sent: number) => void) {
    super();
    this.#inner = inner;
    this.#onBytes = onBytes;
  }

  override get size(): number {
    return this.#inner.size;
  }

  override get type(): string {
    return this.#inner.type;
  }

  override slice(...range: Parameters<Blob["slice"]>): Blob {
    return this.#inner.slice(...range);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#inner.arrayBuffer();
  }

  override text(): Promise<string> {
    return this.#inner.text();
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let sent = 0;
    const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>(
      {
        transform: (part, controller) => {
          sent += part.length;
          this.#onBytes(sent);
          controller.enqueue(part);
        },
      },
      undefined,
      { highWaterMark: 0 },
    );
    return this.#inner.stream().pipeThrough(count);
  }
}
