import type { EdgeTools } from "../../runtime-tests/workerd/worker.ts";

/** What a test inside of a Durable Object finds: its storage, emptied, and a bucket. */
export async function edgeTools(): Promise<EdgeTools> {
  const { trackletEdge } = globalThis as unknown as { readonly trackletEdge: EdgeTools };
  await trackletEdge.storage.deleteAll();
  return trackletEdge;
}
