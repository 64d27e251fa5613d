import { HttpError, NetworkError, UnexpectedReplyError } from "../../errors/network-errors.ts";
import { isOfGateway } from "./blame.ts";
import type { LateUploads } from "./late-uploads.ts";
import type { Item, RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";

// Of the versions of one file the one that was logged last shall stay on the server.

/** Said where no connection came about, so that nothing was sent. */
const NOT_SENT = /\((ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_AGAIN)\)/;

/** True for an upload that failed without the word of the server itself. */
export function mayComeLate(error: unknown): boolean {
  if (error instanceof UnexpectedReplyError) return false;
  if (error instanceof HttpError) return error.request.method !== "GET" && (error.status === 408 || isOfGateway(error));
  return !(error instanceof NetworkError && (error.request.method === "GET" || NOT_SENT.test(error.message)));
}

/**
 * The server has a version of a file. Older ones that wait, as they failed before, are not sent over it any more; while
 * one may come late this one stays, and goes once more after that.
 */
export function uploaded(
  run: RunState,
  item: Item,
  view: Pick<Scheduler, "remove">,
  late: LateUploads,
  now: number,
): (() => Promise<void>) | undefined {
  const { path, done } = item.file!;
  const { order, sequence } = item.header;
  // What came back from quarantine lies behind what was logged later: nothing that waits is known to be older.
  const older =
    sequence === 0 ? [] : run.items.filter(({ file, header }) => file?.path === path && header.order < order);
  for (const other of older) {
    other.finish ??= other.file!.done;
    other.until = other.again = 0;
  }
  item.again = late.until(run.id, path, order, now);
  if (item.again !== undefined) return undefined;
  return async () => {
    // The last one last: whoever leads after a crash has no older one without it.
    for (const other of older) {
      if (run.items.includes(other)) await other.finish!();
      view.remove(run, other);
    }
    await done();
  };
}
