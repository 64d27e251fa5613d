import { desiredBy, mergeDesired } from "../chunk/desired-state.ts";
import type { Content } from "../chunk/content.ts";
import { without } from "../chunk/standing.ts";
import type { DeliveryParts } from "./delivery-parts.ts";

/**
 * Notes that nobody writes any more what a chunk would have written; or, `taken`, that the server took it after all, when it
 * came back from quarantine or was logged again with the same value. Only who leads calls this.
 */
export async function noteUndone(
  { store, ledger }: Pick<DeliveryParts, "store" | "ledger">,
  run: string,
  content: Content | undefined,
  taken?: boolean,
): Promise<void> {
  const written = content && desiredBy([{ run, ...content }]).get(run);
  if (!written) return;
  let { undone } = (await store.desired(run)) ?? {};
  if (!undone && taken) return;
  undone = undone && taken ? without(undone, written) : mergeDesired(undone, written);
  await store.append(ledger.writer, [], new Map([[run, { undone }]]));
}
