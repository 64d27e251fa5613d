import { ConfigurationError } from "../errors/usage-errors.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Files } from "../runtime/ports/files.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tracker } from "../tracker/types/tracker.ts";

/**
 * Looks whether the folder whose environment shall be kept is there: what is captured beside a recording comes too late.
 *
 * @throws ConfigurationError for one that is none
 */
export async function mustBeFolder({ connection }: Tracker, directory: string | URL): Promise<void> {
  // What a tracker gives as what its client needs is all of its runtime.
  const { files } = (connection.runtime ?? defaultRuntime()) as Runtime;
  if (files === undefined || (await isFolder(files, directory))) return;
  throw new ConfigurationError(
    `Cannot keep the environment as the option environment.directory must be a folder: current value is "${String(directory)}"; make it, or use environment: false`,
  );
}

async function isFolder(files: Files, place: string | URL): Promise<boolean> {
  try {
    return (await files.stat(files.resolve(place)))?.isDirectory === true;
  } catch {
    // An address that is no file, or a path below one.
    return false;
  }
}
