import { TrackletError } from "../errors/tracklet-error.ts";
import type { Core } from "./core.ts";
import { quote } from "./key.ts";

/** @throws TrackletError when the server refuses for good the end of a run that was logged `since` then. */
export async function mustBeTaken(
  { queue }: Core,
  { localId, name }: { readonly localId: string; readonly name: string },
  since: number,
): Promise<void> {
  for await (const { run, kind, at, reason } of (await queue.quarantine()).list()) {
    if (run !== localId || kind !== "update" || at < since) continue;
    throw new TrackletError(
      `Cannot end the run ${quote(name)} on the server as that refuses it: ${reason.replace(/\.?$/, ".")} It is kept: queue.quarantine.retry() sends it again`,
    );
  }
}
