import { encodeArtifactPath } from "./artifact-path.ts";
import { artifactRoute } from "./artifact-root.ts";
import { rangeHeaders } from "./byte-range.ts";
import { toFileInfos, uploadBody } from "./map/file.ts";
import { RunsResource } from "./runs.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { FileInfo } from "./types/entities.ts";
import { filesReply } from "./wire/replies.ts";

/** Options of a call that reads or writes one artifact. */
export interface ArtifactOptions extends CallOptions {
  /** The run's `artifactUri`, where it is known: saves the request that asks for it. */
  readonly artifactUri?: string;
}

/** Options of a download. */
export interface DownloadOptions extends ArtifactOptions {
  /** Bytes to read, both ends included; MLflow before 3 sends the whole file (status 200 instead of 206). */
  readonly range?: { readonly start: number; readonly end?: number };
}

/**
 * Files of a run, through the server's proxied routes: `/api/2.0/mlflow-artifacts/artifacts/...`. Its writes go
 * straight to the server and skip the queue.
 */
export class ArtifactsResource {
  readonly #transport: Transport;
  readonly #runs: RunsResource;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.#runs = new RunsResource(transport);
  }

  /**
   * Lists one directory of a run.
   *
   * @param path Directory relative to the artifact root. @default the root
   * @returns Its entries, with paths relative to the artifact root; none for a file or an absent directory.
   */
  async list(runId: string, path = "", options?: CallOptions): Promise<FileInfo[]> {
    const directory = path.replace(/\/+$/, "");
    // Checked although the server looks up the path too: it decodes escapes, and answers for another directory.
    if (directory !== "") encodeArtifactPath(directory);
    const query = { run_id: runId, path: directory === "" ? undefined : directory };
    const request = { method: "GET", path: "api/2.0/mlflow/artifacts/list", query } as const;
    const { files } = await this.#transport.json(request, filesReply, options);
    return toFileInfos(files, directory);
  }

  /** Writes a file of a run whole, over what was there. */
  async upload(
    runId: string,
    path: string,
    body: Blob | Uint8Array<ArrayBuffer> | string,
    options?: ArtifactOptions,
  ): Promise<void> {
    const address = await this.#address(runId, path, options);
    await this.#transport.empty({ method: "PUT", path: address, ...uploadBody(body) }, options);
  }

  /**
   * Reads a file of a run.
   *
   * @returns The answer with its body unread; aborting the signal ends the reading.
   * @throws NotFoundError when there is no such file (ServerError before MLflow 3).
   * @throws HttpError with status 416 when no byte of the range is in the file; its message says how large the file is.
   */
  async download(runId: string, path: string, options?: DownloadOptions): Promise<Response> {
    const headers = rangeHeaders(options?.range);
    const address = await this.#address(runId, path, options);
    return this.#transport.stream({ method: "GET", path: address, headers }, options);
  }

  /** Deletes a file, or a directory with all in it; an absent one too. */
  async delete(runId: string, path: string, options?: ArtifactOptions): Promise<void> {
    await this.#transport.empty({ method: "DELETE", path: await this.#address(runId, path, options) }, options);
  }

  async #address(runId: string, path: string, options: ArtifactOptions | undefined): Promise<string> {
    const encoded = encodeArtifactPath(path);
    const artifactUri = options?.artifactUri ?? (await this.#runs.get(runId, options)).info.artifactUri;
    return `${artifactRoute(artifactUri, this.#transport.trackingUri)}/${encoded}`;
  }
}
