import type { CallOptions } from "../client/types/connection.ts";
import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import type { Files } from "../runtime/ports/files.ts";
import { artifactPath } from "./artifact-path.ts";
import type { Core } from "./core.ts";
import { readRun } from "./reads.ts";
import type { DownloadOptions } from "./types/tracker.ts";

/** Writes a file, a directory or all artifacts of a run below a local directory; gives the local path. */
export async function downloadArtifacts(
  core: Core,
  id: string,
  path: string | undefined,
  options: DownloadOptions,
): Promise<string> {
  const { files } = core.runtime;
  if (files === undefined) {
    throw new ConfigurationError("Cannot download artifacts as this platform has no file system: use openArtifact");
  }
  if (typeof options?.to !== "string" || options.to === "") {
    throw new ValidationError('Cannot download artifacts as the option "to" must name a local directory');
  }
  const to = files.resolve(options.to);
  const from = path === undefined || path === "" ? undefined : artifactPath(path.replace(/\/$/, ""));
  return readRun(core, "downloadArtifacts", id, options, async (runId, limits) => {
    const isDirectory = from === undefined || (await directoryAt(core, runId, from, limits));
    await files.makeDirectory(to);
    if (isDirectory) await downloadAll(core, files, runId, from, to, limits);
    else await downloadFile(core, files, runId, from, to, limits);
    return from === undefined ? to : files.join(to, ...from.split("/"));
  });
}

/** A file and a missing directory are both listed as nothing, so the directory above is asked. */
async function directoryAt(core: Core, runId: string, path: string, limits: CallOptions): Promise<boolean> {
  const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : undefined;
  const entries = await core.client.artifacts.list(runId, above, limits);
  return entries.some((entry) => entry.path === path && entry.isDirectory);
}

async function downloadAll(
  core: Core,
  files: Files,
  runId: string,
  path: string | undefined,
  to: string,
  limits: CallOptions,
): Promise<void> {
  for (const entry of await core.client.artifacts.list(runId, path, limits)) {
    // The server names the paths: one that climbs out of the directory is refused, not followed.
    const inner = artifactPath(entry.path);
    if (path !== undefined && !inner.startsWith(`${path}/`)) {
      throw new ValidationError(`Cannot download the artifact "${inner}" as it must lie in "${path}"`, { key: inner });
    }
    if (entry.isDirectory) {
      await files.makeDirectory(files.join(to, ...inner.split("/")));
      await downloadAll(core, files, runId, inner, to, limits);
    } else await downloadFile(core, files, runId, inner, to, limits);
  }
}

async function downloadFile(
  core: Core,
  files: Files,
  runId: string,
  path: string,
  to: string,
  limits: CallOptions,
): Promise<void> {
  const response = await core.client.artifacts.download(runId, path, limits);
  await files.write(files.join(to, ...path.split("/")), response.body ?? new Uint8Array());
}
