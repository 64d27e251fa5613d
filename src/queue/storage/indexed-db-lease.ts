import { type Claim, claimed, type Lease, released } from "../lead/lease.ts";
import type { Change } from "./indexed-db-chunks.ts";
import type { Reading } from "./indexed-db-connection.ts";
import { put } from "./indexed-db-requests.ts";
import { checkTerm } from "./tally.ts";

/** Begins a term, as `beginTerm()` promises. */
export function beginTerm(change: Change, claim: Claim): number {
  const lease = claimed({ ...change.lease, term: change.term }, claim);
  if (!lease) return 0;
  change.lease = lease;
  return ++change.term;
}

/** Changes the beat of the leader's term, and keeps what it says. */
export function beat(change: Change, term: number, state: Pick<Lease, "locked" | "says">): void {
  checkTerm(change.term, term);
  change.lease = { ...change.lease, ...state, beat: change.lease.beat + 1 };
}

/** Lets go of the lease, unless another term has begun. */
export function endTerm(change: Change, term: number): void {
  if (change.term === term) change.lease = released(change.lease);
}

/** Leaves a note for the leaders of later terms. */
export function leaveNote({ transaction, term: present }: Change, term: number, note: string): void {
  checkTerm(present, term);
  put(transaction, "notes", note, "note");
}

/** The note that was left. */
export function readNote(transaction: Reading): Promise<string | undefined> {
  return transaction.objectStore("notes").get("note");
}
