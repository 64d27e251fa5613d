import type { ServerContext } from "../context.ts";
import type { JsonObject } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { artifactPath } from "./artifact-path.ts";
import { refusedByStore } from "./store-upload.ts";

/** Where an artifact URI lies in the store; 501 for what lies elsewhere. */
export function storePath({ artifactRoot }: ServerContext, uri: string): string {
  const path = artifactRoot.toPath(uri);
  const segments = path?.split("/").filter((segment) => segment !== "");
  if (segments !== undefined && !segments.includes(".") && !segments.includes("..")) return segments.join("/");
  refuse(
    "NOT_IMPLEMENTED",
    `Cannot serve the artifacts of "${uri}" as it must lie in the artifact folder of this server: reach them where they are`,
  );
}

/** The files of a folder of the store, by their own names. */
export async function filesIn(
  { artifacts }: ServerContext,
  path: string,
): Promise<(JsonObject & { readonly path: string })[]> {
  const entries = await refusedByStore(artifacts.list(path));
  return entries.map(({ name, isDirectory, size }) => ({
    path: name,
    is_dir: isDirectory,
    file_size: isDirectory || size === 0 ? undefined : size,
  }));
}

/** A path that a client names, or 400 when it could leave the folder. */
export function legal(path: string): string {
  return artifactPath(path) ?? refuseValue("Invalid path");
}

export function joined(directory: string, path: string): string {
  return directory === "" || path === "" ? directory + path : `${directory}/${path}`;
}
