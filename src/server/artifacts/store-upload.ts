import { Refusal, refuse, refuseValue } from "../refusal.ts";
import { ArtifactError, type ArtifactContent, type ArtifactStore } from "./artifact-store.ts";

/** How many bytes an upload may have. */
export interface UploadLimits {
  readonly least?: number;
  readonly most?: number;
}

/** Writes the body of a request as an artifact, whole or not at all; the body is streamed, of known length or not. */
export async function storeUpload(
  store: ArtifactStore,
  path: string,
  request: Request,
  limits: UploadLimits = {},
): Promise<void> {
  if (path === "") refuseValue("Invalid path");
  const promised = request.headers.get("content-length");
  const size = promised === null ? undefined : Number(promised);
  if (size !== undefined) checkSize(size, limits);
  const body = request.body as ReadableStream<Uint8Array<ArrayBuffer>> | null;
  if (body === null) checkSize(0, limits);
  const content: ArtifactContent = body === null ? new Uint8Array() : bounded(body, limits);
  await refusedByStore(store.write(path, content, size));
}

function checkSize(size: number, { least = 0, most = Number.POSITIVE_INFINITY }: UploadLimits): void {
  if (size < least) refuseValue("Request must specify data.");
  if (size > most) refuseValue(`Artifact size is too large. Max size is ${most / 1024 / 1024}MB.`);
}

/** Counts as the bytes pass, for bodies that promise no length. */
function bounded(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  limits: UploadLimits,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (limits.least === undefined && limits.most === undefined) return body;
  let size = 0;
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        size += chunk.byteLength;
        checkSize(size, { ...limits, least: 0 });
        controller.enqueue(chunk);
      },
      flush: () => checkSize(size, limits),
    }),
  );
}

/** Passes a store's answer on, and its refusals as MLflow's errors. */
export async function refusedByStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    if (error.cause instanceof Refusal) throw error.cause;
    if (error.reason === "not-found") refuse("RESOURCE_DOES_NOT_EXIST", error.message);
    // MLflow answers 500 for a conflict, and its clients then try in vain for minutes.
    refuseValue(error.reason === "refused" ? `Invalid path: ${error.message}` : error.message);
  }
}
