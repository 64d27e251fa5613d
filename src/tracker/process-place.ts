import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { checkAtOnce } from "./alerts/check-at-once.ts";
import type { Place } from "./owning-tracker.ts";
import { endWithProcess } from "./process-end.ts";

/** Any platform, also such as have processes, whose end a tracker takes part in. */
export function processPlace(overrides?: Partial<Runtime>): Place & { readonly runtime: Runtime } {
  return { runtime: defaultRuntime(overrides), atEnd: endWithProcess, onCore: checkAtOnce };
}
