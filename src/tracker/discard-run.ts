import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { type Core, handedOver } from "./core.ts";
import { textOf } from "./entries.ts";
import { limited } from "./limited.ts";
import { modelsOfRun } from "./log-model.ts";

/** What `tracker.queue.discardRun()` does. */
export function discardRun(core: Core, run: string, options?: CallOptions): Promise<void> {
  return limited(core, "discard the run", options, "", async (limits) => {
    core.guard.mustBeOpen("discard the run");
    if (typeof run !== "string" || run === "") {
      throw new ValidationError(`Cannot discard the run as its id must be text: current value is "${textOf(run)}"`);
    }
    await handedOver(core, limits);
    // Another process may have made it.
    if (core.queue.localIdOf(run) === undefined) await core.queue.findRunId(run);
    const localId = core.queue.localIdOf(run) ?? run;
    // Its end would wait like all the rest, and nobody is to end it a second time.
    const open = core.open.get(localId);
    open?.close("KILLED");
    if (open) open.isGivenUp = true;
    // What came later would wait for a run that may never be made.
    core.guard.wary = true;
    for (const id of [localId, ...modelsOfRun(core, localId)]) core.guard.givenUp.add(id);
    await core.queue.discardRun(run, limits);
  });
}
