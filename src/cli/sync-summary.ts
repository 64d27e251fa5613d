import type { Amount, FlushReport } from "../queue/types.ts";
import { amountText } from "../tracker/shown.ts";
import { quarantineText } from "./quarantine-text.ts";
import type { QueueFile } from "./queue-file.ts";

const sent: Readonly<Record<SyncEnd["by"], string>> = {
  this: "Sent",
  others: "Another program, which has the file open, sent",
  all: "Sent, together with another program that had the file open,",
};

/** What a sync came to. */
export interface SyncEnd {
  readonly delivered: FlushReport["delivered"];
  /** Who sent it: this program, another one that had the file open, or one after the other. */
  readonly by: "this" | "others" | "all";
  /** Things that were quarantined, and were tried again. */
  readonly retried: number;
  /** Runs that were given up. */
  readonly discarded: number;
  /** The file before and after. */
  readonly before: QueueFile;
  readonly after: QueueFile;
  /** Names under which damaged files were set aside meanwhile, with what had not been sent. */
  readonly movedAside: readonly string[];
  /** Name of the server. */
  readonly label: string;
  /** Seconds that were allowed. */
  readonly timeout: number | undefined;
  /** A signal ended it. */
  readonly stopped: boolean;
  /** Why something is left, each a sentence. */
  readonly why: readonly string[];
  /** Why nothing moved at the end, as the end of a sentence. */
  readonly trouble: string | undefined;
}

/** The last lines of a sync: what went, what is left, and why. */
export function syncSummary(end: SyncEnd): string[] {
  const { delivered, by, retried, discarded, before, after, label, movedAside } = end;
  const { name, counts, quarantined: aside } = after;
  const { waiting, quarantined } = counts;
  const lines = [
    ...(isEmpty(delivered) ? [] : [`${sent[by]} ${amountText(delivered)} to ${label}`]),
    ...(retried === 0 ? [] : [`Tried again what was quarantined: ${retried === 1 ? "1 item" : `${retried} items`}`]),
  ];
  const dropped = less(counts.dropped, before.counts.dropped);
  if (discarded > 0 && !isEmpty(dropped)) lines.push(`Dropped ${amountText(dropped)} of what was given up`);
  for (const aside of movedAside)
    lines.push(`Not all was sent: the file was damaged, and what was left is in ${aside}`);
  if (!isEmpty(waiting)) lines.push(`Left in ${name}: ${amountText(waiting)}`, ...reasons(end));
  else if (movedAside.length > 0) lines.push(`Nothing waits in the new ${name}`);
  else if (lines.length > 0 || !isEmpty(before.counts.waiting)) lines.push(`Nothing waits in ${name}`);
  else lines.push(`Nothing to do: nothing waits in ${name}`);
  if (!isEmpty(quarantined)) {
    lines.push(`Quarantined in ${name}, each with the reason: ${amountText(quarantined)}`);
    lines.push(...quarantineText(aside));
  }
  return lines;
}

/** True for nothing. */
export function isEmpty({ points, requests }: Amount): boolean {
  return points === 0 && requests === 0;
}

function less(of: Amount, { points, requests }: Amount): Amount {
  return { points: of.points - points, requests: of.requests - requests };
}

function reasons({ stopped, why, timeout, trouble, after }: SyncEnd): string[] {
  // Of a damaged file, whatever was saved of it.
  if (after.runs.length === 0) return ["  It is counted, but not in the file any more: nothing can send it"];
  const lines = [...(stopped ? ["Stopped before the end: the same command goes on"] : []), ...why];
  if (lines.length === 0 || (trouble !== undefined && !stopped)) {
    const time = timeout === undefined ? "" : ` after ${timeout} s`;
    const more = trouble ?? (timeout === undefined ? undefined : "give more time with --timeout");
    lines.push(`Not all was sent${time}${more === undefined ? "" : `: ${more}`}`);
  }
  return lines.map((line) => `  ${line}`);
}
