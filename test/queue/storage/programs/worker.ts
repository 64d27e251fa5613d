// A worker of a page: appends ten chunks to the queue that it is told, and says so.
import { indexedDbQueue } from "../../../../src/queue/storage/indexed-db.ts";
import { draft } from "../drafts.ts";

const scope = globalThis as unknown as Pick<Worker, "onmessage" | "postMessage">;
scope.onmessage = async ({ data: name }: MessageEvent<string>) => {
  const store = await indexedDbQueue({ name }).open();
  for (let n = 1; n <= 10; n++) await store.append("worker", [draft(n)]);
  await store.close();
  scope.postMessage("done");
};
