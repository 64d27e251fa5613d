import type { Change } from "./indexed-db-chunks.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { put } from "./indexed-db-requests.ts";
import type { LastWriter, StateRecord, WriterRecord } from "./indexed-db-schema.ts";

/** What is kept of a writer: of the one that put last in the state, of all others by themselves. */
export async function writerOf(
  transaction: Reading | Writing,
  { writer }: Pick<StateRecord, "writer">,
  id: string,
): Promise<WriterRecord | undefined> {
  return writer?.id === id ? writer : transaction.objectStore("writers").get(id);
}

/** Keeps what is known of a writer after a put. */
export function keepWriter(change: Change, writer: LastWriter): void {
  const { writer: before } = change;
  if (before && before.id !== writer.id) {
    const { id, ...record } = before;
    put(change.transaction, "writers", record, id);
  }
  change.writer = writer;
}
