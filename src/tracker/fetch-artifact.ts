import { errorCode } from "../client/no-answer.ts";
import { NetworkError } from "../errors/network-errors.ts";
import { isTrackletError } from "../errors/tracklet-error.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { deliverySettings } from "../queue/settings.ts";
import type { Core } from "./core.ts";
import { limited } from "./limited.ts";

/** Milliseconds for a file of another server, as for a request to the tracking server. */
const defaultTimeout = 120_000;

/** The file at an address of another server, which gets none of what is for the tracking server. */
export async function fetchArtifact(
  core: Core,
  source: URL,
  target: string,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  // A query may hold a secret.
  const address = `${source.origin}${source.pathname}`;
  const refused = (why: string): ValidationError =>
    new ValidationError(`Cannot log the artifact ${address} as ${why}`, { key: target });
  const most = deliverySettings(core.options.delivery).maxStoredBytes;
  const tooLarge = (size: number | undefined): ValidationError => {
    const found = size === undefined ? "more" : `${size} bytes`;
    const must = `it must have at most ${most} bytes (delivery.maxStoredBytes): current value is ${found}`;
    return refused(`${must}; download it and log the file, which is sent from where it lies`);
  };
  // What makes requests says it, with the password.
  if (source.username !== "" || source.password !== "") {
    throw refused("its address must be without user name and password: fetch it yourself, and log the Blob");
  }
  const options = { timeout: core.connection.timeout ?? defaultTimeout, ...(signal && { signal }) };
  return limited(core, `fetch the artifact ${address}`, options, "", async (limits) => {
    const request = { method: "GET", url: address };
    const failed = (why: string) => {
      return (cause: unknown): never => {
        if (limits.signal?.aborted || isTrackletError(cause)) throw cause;
        const code = errorCode(cause);
        const reason = `${why}${code === undefined ? "" : ` (${code})`}: is the address right, and its server running?`;
        throw new NetworkError(`Cannot log the artifact ${address} as ${reason}`, request, { cause });
      };
    };
    const response = await core.runtime.fetch(new Request(source, limits)).catch(failed("no answer came"));
    if (response.ok) return boundedBody(response, most, tooLarge).catch(failed("its answer broke off"));
    await response.body?.cancel().catch(() => {});
    throw refused(`its server answers ${response.status}`);
  });
}

/**
 * The body of an answer, of at most `most` bytes: none is held in memory for which there would be no room.
 *
 * @param refuse makes the error for a longer one; gets its size where the server says it
 */
async function boundedBody(
  response: Response,
  most: number,
  refuse: (size: number | undefined) => Error,
): Promise<Blob> {
  const { body, headers } = response;
  // Of a coded body that is another number.
  const length = headers.get("content-encoding") === null ? Number(headers.get("content-length") ?? 0) : 0;
  if (length > most) {
    await body?.cancel().catch(() => {});
    throw refuse(length);
  }
  if (body === null) return response.blob();
  let size = 0;
  let over: Error | undefined;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > most) {
        over = refuse(undefined);
        throw over;
      }
      controller.enqueue(chunk);
    },
  });
  try {
    const whole = await new Response(body.pipeThrough(counted)).blob();
    // Bun gives no type to what came as a stream.
    return whole.slice(0, whole.size, headers.get("content-type") ?? "");
  } catch (error) {
    // A page says of every stream that failed that it could not fetch.
    throw over ?? error;
  }
}
