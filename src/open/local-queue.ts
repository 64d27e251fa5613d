import { ConfigurationError } from "../errors/usage-errors.ts";
import type { QueueStorage } from "../queue/storage.ts";
import { memoryQueue } from "../queue/storage/memory.ts";
import { sqliteQueue } from "../queue/storage/sqlite.ts";
import { withFallback } from "../queue/storage/with-fallback.ts";
import type { Files } from "../runtime/ports/files.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** Where the queues of a directory lie. */
export function queueFolder(files: Files, directory: string | undefined): string {
  return files.join(files.resolve(directory ?? "."), ".tracklet");
}

/**
 * The queue of a tracker on a machine of its own: a SQLite file of that name in `<directory>/.tracklet`, made with the
 * first write. In memory where that cannot be, which is told with the first write, too.
 */
export function localQueue(name: string, directory: string | undefined, runtime: Runtime): QueueStorage {
  const { files, clock } = runtime;
  if (files === undefined) return memoryQueue();
  const folder = queueFolder(files, directory);
  const queue = sqliteQueue({ path: files.join(folder, `${name}.db`), clock });
  return withFallback(
    {
      ...queue,
      holds: () => files.mayWrite(folder) && queue.holds!(),
      async open(onProblem) {
        // Deno would ask a person in the middle of a training.
        if (!files.mayWrite(folder)) {
          throw new ConfigurationError(
            `Cannot keep a queue in "${folder}" as Deno must be started with --allow-read="${folder}" and --allow-write="${folder}"`,
          );
        }
        makeFolder(folder);
        return queue.open(onProblem);
      },
      openNow() {
        if (!files.mayWrite(folder)) return undefined;
        makeFolder(folder);
        return queue.openNow?.();
      },
    },
    memoryQueue(),
  );
}

/** Makes the folder, and keeps it out of version control: what waits there is of this machine, and of this moment. */
function makeFolder(folder: string): void {
  const fs = process.getBuiltinModule("node:fs");
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(`${folder}/.gitignore`, "*\n", { flag: "wx" });
  } catch {
    // It is there already, or the queue itself will say why it cannot be.
  }
}
