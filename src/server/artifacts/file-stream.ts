import { ArtifactError, type ByteRange } from "./artifact-store.ts";
import { type FileSystem, isMissing } from "./confine.ts";

/** Bytes read at a time. */
const chunkSize = 256 * 1024;

/** An open file. */
export type FileHandle = Awaited<ReturnType<FileSystem["fs"]["open"]>>;

/**
 * The bytes of a file. It is opened with the first read, so that a stream which nobody reads holds no descriptor; what
 * was put in its place until then is refused, as its length was told already.
 *
 * @param name What messages call it.
 */
export async function fileStream(
  { fs }: FileSystem,
  path: string,
  name: string,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const expected = await orMissing(fs.stat(path), name);
  let file: FileHandle | undefined;
  let position = range?.start ?? 0;
  const end = range === undefined ? Number.POSITIVE_INFINITY : range.end + 1;
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          if (file === undefined) {
            file = await orMissing(fs.open(path, "r"), name);
            const found = await file.stat();
            if (found.ino !== expected.ino || found.size !== expected.size || found.mtimeMs !== expected.mtimeMs) {
              throw new Error(`Cannot read "${name}" as it was replaced meanwhile: read it again`);
            }
          }
          const buffer = new Uint8Array(Math.min(chunkSize, end - position));
          const { bytesRead } =
            buffer.byteLength === 0 ? { bytesRead: 0 } : await file.read(buffer, 0, buffer.byteLength, position);
          if (bytesRead > 0) {
            position += bytesRead;
            controller.enqueue(buffer.subarray(0, bytesRead));
          }
          if (bytesRead > 0 && position < end) return;
          await file.close();
          controller.close();
        } catch (error) {
          await file?.close().catch(() => undefined);
          throw error;
        }
      },
      cancel: () => file?.close(),
    },
    { highWaterMark: 0 },
  );
}

async function orMissing<T>(found: Promise<T>, name: string): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) throw new ArtifactError("not-found", `No such artifact: '${name}'`, { cause: error });
    throw error;
  }
}
