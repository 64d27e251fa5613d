import { type ArtifactContent, ArtifactError } from "./artifact-store.ts";

/** The chunks of an upload; ends in an error when there are fewer or more bytes than promised. */
export async function* chunksOf(
  content: ArtifactContent,
  size: number | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, number, undefined> {
  let total = 0;
  for await (const chunk of content instanceof Uint8Array ? [content] : iterate(content)) {
    total += chunk.byteLength;
    if (size !== undefined && total > size) break;
    yield chunk;
  }
  if (size === undefined || total === size) return total;
  throw new ArtifactError("incomplete", `Cannot store the artifact: ${size} bytes were promised and ${total} came`);
}

/** Not every runtime can iterate a ReadableStream. */
async function* iterate(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(brokenOff);
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

function brokenOff(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ArtifactError("incomplete", `Cannot store the artifact: the upload broke off (${reason})`, { cause });
}

/** Bytes as a stream of one chunk. */
export function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}
