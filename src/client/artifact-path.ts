import { ValidationError } from "../errors/usage-errors.ts";
import { limits } from "./limits.ts";

/**
 * Why an artifact cannot have this path; undefined when it can. The server decodes percent escapes until none is left,
 * so a name that holds one is stored under another name; "#", ".." and a newline it refuses.
 *
 * @param path Relative to the run's artifact root, with "/".
 * @returns What the path must be, to follow "it must".
 */
export function artifactPathProblem(path: string): string | undefined {
  if (path === "") return "not be empty";
  if (path.startsWith("/")) return "be relative, without a leading slash";
  if (path.endsWith("/")) return "name a file, without a slash at the end";
  if (!path.isWellFormed()) return "be well-formed Unicode";
  // Code that confuses a path with what it writes; no server and no file system takes more.
  if (new TextEncoder().encode(path).length > limits.pathBytes) {
    return `have at most ${limits.pathBytes} bytes of UTF-8`;
  }
  for (const part of path.split("/")) {
    const problem = partProblem(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function partProblem(part: string): string | undefined {
  if (part === "" || part === "." || part === "..") {
    return `stay inside the run, without "." or ".." or empty parts`;
  }
  if (part.includes("#")) return `have no "#": MLflow refuses it`;
  if (/[\0-\x1f\x7f]/.test(part)) return "have no control characters";
  if (/%[\da-f]{2}/i.test(part)) {
    return `have no "%" before two hex digits: MLflow would decode them and store another name`;
  }
  if (new TextEncoder().encode(part).length > limits.fileNameBytes) {
    return `have names of at most ${limits.fileNameBytes} bytes of UTF-8`;
  }
  return undefined;
}

/**
 * A path as it stands in an address.
 *
 * @throws ValidationError when an artifact cannot have this path.
 */
export function encodeArtifactPath(path: string): string {
  const problem = artifactPathProblem(path);
  if (problem !== undefined) {
    throw new ValidationError(
      `Cannot use the artifact path as it must ${problem}: current value is "${path.slice(0, 300).toWellFormed()}"`,
      { key: path },
    );
  }
  return path.split("/").map(encodeURIComponent).join("/");
}
