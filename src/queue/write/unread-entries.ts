import type { Ledger } from "../account/ledger.ts";
import { roomOf } from "../chunk/file-body.ts";
import type { UnreadBodyError } from "../chunk/unread-body.ts";
import type { Entry, Writer } from "./writer.ts";

/** Takes out of a writer what `isGone` says, also of what it is putting. */
export function takeOut(writer: Writer, isGone: (entry: Entry) => boolean): void {
  writer.writing -= writer.outbox.slice(0, writer.writing).filter(isGone).length;
  for (const entries of [writer.outbox, writer.putting ?? []]) {
    entries.splice(0, entries.length, ...entries.filter((entry) => !isGone(entry)));
  }
}

/**
 * Takes out of a writer the artifacts whose bodies cannot be read. Whose call still waits was never logged; that of
 * another one is over, as it was told to wait for a storage that failed: it counts as dropped. Gives these.
 */
export function giveUpUnread(writer: Writer, ledger: Ledger, { bodies }: UnreadBodyError): readonly Entry[] {
  const gone = (writer.putting ?? []).filter(({ blob, sequence }) => blob !== undefined && bodies.has(sequence));
  for (const entry of gone) {
    const { run, kind, count, blob, keys = [], isToldLate } = entry;
    entry.unread = { cause: bodies.get(entry.sequence) };
    const account = ledger.run(run);
    for (const [of, key, calls] of keys) {
      const line = account.line(of, key);
      if (isToldLate) line.dropped += calls;
      else line.logged -= calls;
      line.kept -= calls;
      account.touch(line);
    }
    if (!isToldLate) ledger.leave(run, { points: 0, requests: count }, roomOf(entry));
    else {
      ledger.lost.requests += count;
      ledger.settle({ run, kind, count, ...(blob && { blob }) }, "dropped");
    }
  }
  takeOut(writer, (entry) => entry.unread !== undefined);
  return gone.filter(({ isToldLate }) => isToldLate);
}
