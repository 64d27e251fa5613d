import type { CallOptions } from "../../client/types/connection.ts";
import type { FileInfo } from "../../client/types/entities.ts";
import { UnexpectedReplyError } from "../../errors/network-errors.ts";
import { ChunkDamagedError } from "../chunk/chunk-codec.ts";
import type { Content } from "../chunk/content.ts";
import { isLost, isTorn } from "../chunk/file-state.ts";
import type { SendOptions } from "./create-run.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { metricsBody } from "../chunk/metrics-body.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";

/** Sends one chunk of a run that exists; resolves when the server has acknowledged it in the promised shape. */
export async function send(
  client: DeliveryClient,
  mapping: RunMapping,
  content: Content,
  blob: Blob | undefined,
  store: Pick<QueueStore, "accounts">,
  options: SendOptions,
): Promise<void> {
  const { runId, artifactUri } = mapping;
  if (mapping.model)
    return (await import("../models/late-models.ts")).sendToModel(client, mapping, content, blob, store, options);
  const { runs } = client;
  switch (content.kind) {
    case "metrics":
      return runs.logBatchBody(metricsBody(runId, content.columns), options);
    case "params":
    case "tags":
      return runs.logBatch({ runId, [content.kind]: content.request.map(([key, value]) => ({ key, value })) }, options);
    case "untag":
      return runs.deleteTag(runId, content.request, options);
    case "update":
      await runs.update(runId, content.request, options);
      return;
    case "inputs":
      return runs.logInputs(runId, content.request, options);
    case "artifact":
      return sendArtifact(client, runId, content.request, blob, {
        ...options,
        ...(artifactUri !== undefined && { artifactUri }),
      });
  }
}

/** The answer to an upload is empty, as a login page's may seem to be: what counts is the size when listed. */
export async function sendArtifact(
  { artifacts }: DeliveryClient,
  runId: string,
  path: string,
  body: Blob | undefined,
  options: SendOptions & { readonly artifactUri?: string },
): Promise<void> {
  await whole(path, body, async (blob) => {
    await artifacts.upload(runId, path, blob, withTimeFor(blob, options));
    checkSize(path, blob, await artifacts.list(runId, folderOf(path), options));
  });
}

/**
 * Sends a body that is as it was logged from its first byte to its last.
 *
 * @throws ChunkDamagedError for one that is gone, or that is a file and changed.
 */
export async function whole(
  path: string,
  body: Blob | undefined,
  upload: (blob: Blob) => Promise<void>,
): Promise<void> {
  let failed = false;
  const check = async (): Promise<void> => {
    // An upload of what cannot be read looks like a server that does not answer, and all would wait for it.
    if (body !== undefined && !(await isTorn(body)) && !(failed && (await isLost(body)))) return;
    const why = "its bytes must be those that were logged, and are gone or have changed since: log it again";
    throw new ChunkDamagedError(`Cannot upload artifact "${path}" as ${why}`);
  };
  await check();
  try {
    await upload(body!);
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    // Says more than what a reader made of it; and what has arrived may be in two halves of different age.
    await check();
  }
}

/** A request with a second more for each megabyte of its body: a large file on a slow line would never arrive otherwise. */
export function withTimeFor<T extends CallOptions>(blob: Blob, options: T): T {
  if (options.timeout === undefined) return options;
  return { ...options, timeout: options.timeout + Math.floor(blob.size / 1_000) };
}

/** The folder that a file is in; "" for the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** @throws UnexpectedReplyError when a file that was sent is not listed with its size. */
export function checkSize(path: string, blob: Blob, files: readonly FileInfo[]): void {
  const size = files.find((file) => file.path === path)?.size;
  if (size === blob.size) return;
  throw new UnexpectedReplyError(
    `Cannot upload artifact "${path}" as its size on the server must be ${blob.size}: current value is ${size}`,
    { method: "PUT", url: path },
  );
}
