import type { CallOptions } from "../client/types/connection.ts";
import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import type { Files } from "../runtime/ports/files.ts";
import { type TransferProgress, transferProgress } from "../queue/send/transfer-progress.ts";
import { artifactPath } from "./artifact-path.ts";
import type { Core } from "./core.ts";
import { quote } from "./key.ts";
import { mustBeFree, placeError } from "./place-error.ts";
import { readRun } from "./reads.ts";
import { resumedDownload } from "./resumed-download.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import type { Resources } from "../client/resources.ts";
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
  return readRun(core, "downloadArtifacts", id, options, "to", async ({ artifacts }, runId, limits) => {
    const progress = transferProgress(core.runtime);
    const source: Source = { artifacts, files, runId, to, limits, progress, clock: core.runtime.clock };
    try {
      if (from === undefined || (await isDirectory(source, from))) await downloadAll(source, from);
      else await downloadFile(source, from);
    } finally {
      progress.end();
    }
    return from === undefined ? to : localPath(source, from);
  });
}

interface Source {
  readonly artifacts: Resources["artifacts"];
  readonly files: Files;
  readonly runId: string;
  readonly to: string;
  readonly limits: CallOptions;
  readonly progress: TransferProgress;
  readonly clock: Clock;
}

/**
 * A file and a missing directory are both listed as nothing, so the directory above is asked.
 *
 * @throws what the server says of a path that is not there, before a folder is made for it
 */
async function isDirectory({ artifacts, runId, limits }: Source, path: string): Promise<boolean> {
  const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : undefined;
  const entries = await artifacts.list(runId, above, limits);
  const entry = entries.find((entry) => entry.path === path);
  if (entry === undefined) await (await artifacts.download(runId, path, limits)).body?.cancel();
  return entry?.isDirectory === true;
}

async function downloadAll(source: Source, path: string | undefined): Promise<void> {
  const { artifacts, runId, limits, to } = source;
  const entries = await artifacts.list(runId, path, limits);
  await makeDirectory(source, path === undefined ? to : localPath(source, path));
  for (const entry of entries) {
    // The server names the paths: one that climbs out of the directory is refused, not followed.
    const inner = artifactPath(entry.path);
    if (path !== undefined && !inner.startsWith(`${path}/`)) {
      throw new ValidationError(`Cannot download the artifact "${inner}" as it must lie in "${path}"`, { key: inner });
    }
    await (entry.isDirectory ? downloadAll : downloadFile)(source, inner);
  }
}

async function makeDirectory({ files, to }: Source, path: string): Promise<void> {
  try {
    await files.makeDirectory(path);
  } catch (cause) {
    throw await placeError(cause, files, to, path);
  }
}

async function downloadFile(source: Source, path: string): Promise<void> {
  const { artifacts, files, runId, to, limits, progress, clock } = source;
  const target = localPath(source, path);
  await mustBeFree(files, to, target);
  const { signal } = limits;
  // The rest of a file that broke off is asked for; the file has its name only once it is whole.
  const body = resumedDownload({
    path,
    clock,
    signal,
    open: (start) => artifacts.download(runId, path, start === 0 ? limits : { ...limits, range: { start } }),
    onBytes: (got, total) => progress.show(path, got, total),
  });
  try {
    await files.write(target, body);
  } catch (cause) {
    throw await placeError(cause, files, to, files.join(target, ".."));
  }
}

/** Where an artifact goes; never outside of the directory, whatever its name means to this platform. */
function localPath({ files, to }: Source, path: string): string {
  const local = files.join(to, ...path.split("/"));
  const separator = files.join("a", "b").at(-2);
  // On Windows, "\\" leads into directories, ":" to drives and streams, and "." or " " at the end of a name is dropped.
  const foreign = separator === "\\" && /[\\:]|[. ](\/|$)/.test(path);
  const above = to.endsWith(`${separator}`) ? to : `${to}${separator}`;
  if (!foreign && files.resolve(local).startsWith(above)) return local;
  const cure = "use openArtifact and write it under another name";
  throw new ValidationError(
    `Cannot download the artifact ${quote(path)} as its name must be that of a file below "${to}": ${cure}`,
    { key: path },
  );
}
