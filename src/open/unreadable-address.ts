import type { Terminal } from "../runtime/ports/terminal.ts";
import type { Runtime } from "../runtime/runtime.ts";

const told = new WeakSet<Terminal>();

/** Says once that a server's address may be set and cannot be seen, as in Deno without the permission: else runs would seem lost. */
export function tellUnreadable({ environment, terminal }: Runtime): void {
  if (environment.readable("MLFLOW_TRACKING_URI") || told.has(terminal)) return;
  told.add(terminal);
  terminal.writeError(
    "tracklet: MLFLOW_TRACKING_URI could not be read, so runs are kept in a local file: start Deno with --allow-env=MLFLOW_TRACKING_URI if it names your server, or pass trackingUri\n",
  );
}
