import { HttpError, NetworkError, UnexpectedReplyError } from "../../errors/network-errors.ts";
import { isOfGateway } from "./blame.ts";
import type { Item, RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";

// Of the versions of one file the one that was logged last shall stay on the server.

/** An upload that its sender gave up, and on which the server may still act. */
export interface LateUpload {
  readonly path: string;
  /** Place of its chunk in the order. */
  readonly order: number;
  /** Monotonic time from which on it is not on its way any more. */
  readonly until: number;
}

/** Said where no connection came about, so that nothing was sent. */
const NOT_SENT = /\((ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_AGAIN)\)/;

/** True for an upload that failed without the word of the server itself. */
export function mayComeLate(error: unknown): boolean {
  if (error instanceof UnexpectedReplyError) return false;
  if (error instanceof HttpError) return error.request.method !== "GET" && (error.status === 408 || isOfGateway(error));
  return !(error instanceof NetworkError && (error.request.method === "GET" || NOT_SENT.test(error.message)));
}

/** Notes an upload that may come late. */
export function noteLate(run: RunState, upload: LateUpload, now: number): void {
  run.late = [...run.late.filter(({ until }) => until > now), upload];
}

/**
 * The server has a version of a file. Older ones that wait, as they failed before, are not sent over it any more; while
 * one may come late this one stays, and goes once more after that.
 */
export function uploaded(
  run: RunState,
  item: Item,
  view: Pick<Scheduler, "remove">,
  now: number,
): (() => Promise<void>) | undefined {
  const { path, done } = item.file!;
  const { order } = item.header;
  const older = run.items.filter(({ file, header }) => file?.path === path && header.order < order);
  for (const other of older) {
    other.finish ??= other.file!.done;
    other.until = other.again = 0;
  }
  const late = run.late.filter((upload) => upload.path === path && upload.order < order && upload.until > now);
  item.again = late.length > 0 ? Math.max(...late.map(({ until }) => until)) : undefined;
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
