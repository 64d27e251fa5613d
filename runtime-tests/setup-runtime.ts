import { proveRuntime } from "./prove-runtime.ts";

declare const __TRACKLET_RUNTIME__: string | undefined;

// Every worker that runs tests proves itself, not only the process that was started.
if (typeof __TRACKLET_RUNTIME__ === "string") proveRuntime(__TRACKLET_RUNTIME__);
