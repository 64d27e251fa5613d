import { insideOf, type Project } from "./find-project.ts";

/** Folders that are made from others, or hold what is logged. */
const folders = new Set([
  "node_modules",
  "mlruns",
  "mlartifacts",
  "__pycache__",
  "venv",
  ".venv",
  "coverage",
  ".tracklet",
]);
/** The local store, and its journals. */
const store = /^mlflow\.db(?:-\w+)?$/;

/**
 * Gives what is true for a path, with `/`, of a file of a tree that is made from others or holds what is logged, such as the
 * file of the queue that the recording itself goes through.
 */
export function madeFiles({ files, tree }: Project, queue: string | undefined): (path: string) => boolean {
  const own = queue === undefined || queue === "memory" ? undefined : insideOf(tree, files.resolve(queue));
  return (path) => {
    const parts = path.split("/");
    const isQueue =
      own !== undefined && (path === own || (path.startsWith(`${own}-`) && !path.includes("/", own.length)));
    return isQueue || store.test(parts.at(-1) ?? "") || parts.some((part) => folders.has(part));
  };
}
