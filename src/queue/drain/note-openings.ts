import type { Drain, Opened } from "./drain.ts";
import type { Entry, Writer } from "../write/writer.ts";

/** A batch of nothing: it says that the run is open, and changes nothing on the server. */
export function openMark(run: string): Entry {
  return { run, kind: "tags", sealed: true, sequence: 0, count: 0, request: [], opens: true };
}

/** Before a put: takes what notes the runs as open whose first put could not say so. */
export async function noteOpenings({ parts }: Drain, writer: Writer, { engine }: Opened): Promise<void> {
  // A storage that fails does so for the put as well, and is told there.
  const due = await engine.openings.due().catch(() => []);
  // What ends the run may be on its way.
  for (const run of due) if (parts.ledger.find(run)?.ended === false) writer.outbox.push(openMark(run));
}
