import { pause } from "../client/deadline.ts";
import { isHttpError } from "../errors/guards.ts";
import { NetworkError } from "../errors/network-errors.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import { quote } from "./key.ts";

/** Interruptions in a row, without a byte between them, until it is given up. */
const mostInterruptions = 5;
/** Milliseconds to the second try after an interruption; the first is at once. */
const firstWait = 500;

/** One file to read to its end, over as many requests as it takes. */
export interface Download {
  readonly path: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Asks for the file from a byte on; a server may answer with all of it. */
  readonly open: (start: number) => Promise<Response>;
  /** Told of what has come, and of how much there is where that is known. */
  readonly onBytes?: (got: number, total: number | undefined) => void;
}

/** The bytes of a file, each once: after an interruption the rest is asked for, and what has come is not kept. */
export function resumedDownload(download: Download): ReadableStream<Uint8Array> {
  const bytes = bytesOf(download);
  return new ReadableStream<Uint8Array>(
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

async function* bytesOf({ path, clock, signal, open, onBytes }: Download): AsyncGenerator<Uint8Array, void> {
  let got = 0;
  let first: Version | undefined;
  for (let interruptions = 0; ; ) {
    const response = await open(got).catch((error: unknown) => {
      // Asked for the rest, the server says that there is none: the file has become shorter.
      throw got > 0 && isHttpError(error) && error.status === 416 ? changed(path, error) : error;
    });
    const version = versionOf(response);
    first ??= version;
    let skip = got - version.start;
    if (skip < 0 || version.total !== first.total || version.etag !== first.etag) {
      await response.body?.cancel();
      throw changed(path);
    }
    const reader = response.body?.getReader();
    try {
      for (;;) {
        const next = await reader?.read();
        if (next === undefined || next.done) break;
        const chunk = next.value.subarray(Math.min(skip, next.value.length));
        skip -= next.value.length - chunk.length;
        if (chunk.length === 0) continue;
        got += chunk.length;
        interruptions = 0;
        onBytes?.(got, first.total);
        yield chunk;
      }
      if (first.total === undefined || got === first.total) return;
      throw failed(path, `all of its ${first.total} bytes must come: ${got} came`);
    } catch (error) {
      interruptions++;
      // Of a body of unknown length or coding nobody knows which part is missing.
      const over = first.total === undefined || got > first.total || interruptions > mostInterruptions;
      if (signal?.aborted || over) throw error;
    } finally {
      reader?.cancel().catch(() => {});
    }
    if (interruptions > 1) await pause(clock, firstWait * 2 ** (interruptions - 2), signal);
  }
}

/** What an answer says of its file. */
interface Version {
  /** Place of its first byte in the file. */
  readonly start: number;
  /** Bytes of the whole file; undefined where they cannot be told. */
  readonly total: number | undefined;
  readonly etag: string | null;
}

function versionOf({ status, headers }: Response): Version {
  const etag = headers.get("etag");
  const part = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  if (status === 206 && part !== null) return { start: Number(part[1]), total: Number(part[2]), etag };
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  return { start: 0, total: length === null ? undefined : Number(length), etag };
}

function changed(path: string, cause?: unknown): NetworkError {
  return failed(path, "it must stay as it is while it is read, and has changed: download it again", { cause });
}

function failed(path: string, why: string, options?: ErrorOptions): NetworkError {
  const facts = { method: "GET", url: path };
  return new NetworkError(`Cannot download the artifact ${quote(path)} as ${why}`, facts, options);
}
