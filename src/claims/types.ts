import type { CallOptions } from "../client/types/connection.ts";
import type { Run, StartRunOptions } from "../tracker/types/run.ts";

/** How a claim is made. */
export interface ClaimOptions extends CallOptions {
  /**
   * Milliseconds without a sign of life after which a holder may be followed by another one, from 1,000. Whoever waits
   * looks for `timeout` milliseconds more (30 s by default), as long as the last sign may be on its way. The holder itself
   * stops at half of the lease.
   * @default 60000
   */
  readonly lease?: number;
  /**
   * Waits until the claim is free or its result is committed: `true` for as long as it takes (end it by `signal`), or
   * milliseconds at most.
   * @default false
   */
  readonly wait?: boolean | number;
  /** A claim of an earlier life of this program, as `persist` got it: it is taken up again if nobody has followed. */
  readonly token?: string;
  /** Awaited with what takes this claim up again, before anything is sent; it is a secret of this holder. */
  readonly persist?: (token: string) => void | Promise<void>;
}

/**
 * Somebody else holds it. Asking again by the same tracker tells sooner or later that the holder is dead: it is seen by
 * asking, and a program that asks once and ends sees nothing (`wait` asks again by itself).
 */
export interface BusyClaim {
  readonly state: "busy";
  /** The holder's generation, from 1. */
  readonly generation: number;
}

/** The work is done: its result is this run. */
export interface CommittedClaim {
  readonly state: "committed";
  /** Generation whose attempt counts. */
  readonly generation: number;
  /** MLflow's id of the run that holds the result. */
  readonly runId: string;
}

/** How an attempt becomes the result. */
export interface CommitOptions extends CallOptions {
  /**
   * Commits although some of the attempt never comes: it was dropped by a full queue, or the server refuses it for good.
   * What still waits is waited for all the same.
   * @default false
   */
  readonly incomplete?: boolean;
}

/** A claim that is ours until `signal` aborts, or it is committed or released. */
export interface HeldClaim extends AsyncDisposable {
  readonly state: "held";
  /** From 1; one more for each holder. */
  readonly generation: number;
  /** MLflow's id of the run that the claim lives on. */
  readonly lockRunId: string;
  /** Aborts with a `ClaimLostError` when the lease can no longer be proved; stop what was claimed then. */
  readonly signal: AbortSignal;
  /**
   * Starts the run that this generation writes to. A holder that was thought dead may still write, but only to its own
   * attempt; `commit` says which one counts.
   *
   * @throws ClaimLostError when the claim was given back or committed.
   */
  startAttempt(options?: StartRunOptions): Run;
  /**
   * Ends an attempt as FINISHED, delivers it with the logged models that this program made in it, and makes it the
   * result. Write-once: of all generations one wins. Values that were refused at the call are no part of it.
   *
   * @param attempt what `startAttempt()` gave, or such a run of an earlier life of this claim (`token`), resumed.
   * @throws ValidationError for any other run, which stays as it is.
   * @throws ClaimLostError when the lease is lost or another generation has committed.
   * @throws NetworkError when the attempt could not be delivered, or the server did not answer; call it again.
   * @throws IncompleteAttemptError when some of it was dropped, or is refused by the server for good.
   */
  commit(attempt: Run, options?: CommitOptions): Promise<CommittedClaim>;
  /** Gives the claim back undone, so that another may have it at once. A lost claim is released already. */
  release(options?: CallOptions): Promise<void>;
}

/** What a claim came to: `await using` gives back one that is held, and does nothing with another. */
export type ClaimResult = HeldClaim | (BusyClaim & AsyncDisposable) | (CommittedClaim & AsyncDisposable);
