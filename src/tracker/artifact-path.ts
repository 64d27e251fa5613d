import { artifactPathProblem } from "../client/artifact-path.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";

/**
 * Checks the path of an artifact, relative to the run's artifact root, with `/`.
 * @throws ValidationError for what MLflow refuses, or would store under another name
 */
export function artifactPath(path: string): string {
  const problem = typeof path === "string" ? artifactPathProblem(path) : "be a text";
  if (problem === undefined) return path;
  const key = textOf(path);
  throw new ValidationError(`Cannot use the artifact path ${quote(key)} as it must ${problem}`, { key });
}

/** The path of a file in an artifact directory; `directory` may end in a slash. */
export function artifactPathIn(directory: string | undefined, name: string): string {
  const folder = typeof directory === "string" ? directory.replace(/\/$/, "") : directory;
  return artifactPath(folder === undefined || folder === "" ? name : `${folder}/${name}`);
}
