import { refuse } from "../refusal.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { byteRange } from "./byte-range.ts";
import { artifactContentType, attachment } from "./content-type.ts";
import { refusedByStore } from "./store-upload.ts";

/**
 * Answers GET and HEAD with a file, or the part of it that `Range` asks for.
 * @param name What the file is called in `Content-Disposition`.
 * @returns undefined for a directory.
 */
export async function sendArtifact(
  store: ArtifactStore,
  path: string,
  name: string,
  request: Request,
): Promise<Response | undefined> {
  const found = await refusedByStore(store.stat(path));
  if (found === undefined) refuse("RESOURCE_DOES_NOT_EXIST", `No such artifact: '${path}'`);
  if (found.isDirectory) return undefined;
  const { size, modified } = found;
  const etag = `"${found.etag}"`;
  const condition = request.headers.get("if-range");
  const range = condition === null || condition === etag ? byteRange(request.headers.get("range"), size) : undefined;
  if (range === "unsatisfiable") {
    const headers = {
      "content-type": "text/plain; charset=utf-8",
      "content-range": `bytes */${size}`,
      "content-length": "0",
    };
    return new Response(null, { status: 416, headers });
  }
  const length = range === undefined ? size : range.end - range.start + 1;
  const headers = new Headers({
    "content-type": artifactContentType(path),
    "content-length": String(length),
    "content-disposition": attachment(name === "" ? "" : path.slice(path.lastIndexOf("/") + 1)),
    "accept-ranges": "bytes",
    etag,
  });
  if (modified !== undefined) headers.set("last-modified", new Date(modified).toUTCString());
  if (range !== undefined) headers.set("content-range", `bytes ${range.start}-${range.end}/${size}`);
  const empty = request.method === "HEAD" || length === 0;
  const body = empty ? null : await refusedByStore(store.read(path, range ?? { start: 0, end: size - 1 }));
  return new Response(body, { status: range === undefined ? 200 : 206, headers });
}
