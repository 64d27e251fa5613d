import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { type Core, handedOver } from "./core.ts";
import { textOf } from "./entries.ts";
import { limited } from "./limited.ts";

/** What `tracker.queue.discardRun()` does. */
export function discardRun(core: Core, run: string, options?: CallOptions): Promise<void> {
  return limited(core, "discard the run", options, "", async (limits) => {
    core.guard.mustBeOpen("discard the run");
    if (typeof run !== "string" || run === "") {
      throw new ValidationError(`Cannot discard the run as its id must be text: current value is "${textOf(run)}"`);
    }
    await handedOver(core, limits);
    // Its end would wait like all the rest, and nobody is to end it a second time.
    core.open.get(core.queue.localIdOf(run) ?? run)?.close("KILLED");
    await core.queue.discardRun(run, limits);
  });
}
