import type { Files } from "../runtime/ports/files.ts";

/**
 * True when a folder holds runs of MLflow's older file store (`mlruns/<experiment>/meta.yaml`). Python without an
 * address goes on with them there, so that a new `mlflow.db` beside them would begin a second history.
 */
export async function hasOlderFileStore(files: Files, directory: string): Promise<boolean> {
  const root = files.join(directory, "mlruns");
  if ((await files.stat(root))?.isDirectory !== true) return false;
  for (const { name, isDirectory } of await files.list(root)) {
    if (!isDirectory || !/^\d+$/.test(name)) continue;
    if ((await files.stat(files.join(root, name, "meta.yaml"))) !== undefined) return true;
  }
  return false;
}

/** What is said about it, on standard error, before the file is made. */
export function olderFileStoreNotice(directory: string): string {
  return `tracklet: "${directory}" holds runs of MLflow's older file store. They are not read here, and Python goes on with them. For one history, delete the new mlflow.db and run "mlflow migrate-filestore --source . --target sqlite:///mlflow.db" in that directory\n`;
}
