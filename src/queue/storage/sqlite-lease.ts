import type { SqlDatabase } from "../../sql/database.ts";
import { type Claim, claimed, type Lease, released } from "../lead/lease.ts";
import type { Change } from "./sqlite-chunks.ts";
import { keepMeta, metaOf } from "./sqlite-meta.ts";
import { readState } from "./sqlite-rows.ts";
import { checkTerm } from "./tally.ts";

/** The lease as it stands. */
export function readLease(database: SqlDatabase): Lease {
  const { term, lease } = readState(database);
  return { ...lease, term, says: metaOf(database, "leader") ?? "" };
}

/** Begins a term, as `beginTerm()` promises. */
export function beginTerm({ database, state }: Change, claim: Claim): number {
  const lease = claimed({ ...state.lease, term: state.term, says: "" }, claim);
  if (!lease) return 0;
  state.lease = lease;
  say(database, lease.says);
  return ++state.term;
}

/** Changes the beat of the leader's term, and keeps what it says. */
export function beat(
  { database, state }: Change,
  term: number,
  { locked, says }: Pick<Lease, "locked" | "says">,
): void {
  checkTerm(state.term, term);
  state.lease = { ...state.lease, locked, beat: state.lease.beat + 1 };
  say(database, says);
}

/** Lets go of the lease, unless another term has begun. */
export function endTerm({ database, state }: Change, term: number): void {
  if (state.term !== term) return;
  state.lease = released({ ...state.lease, says: "" });
  say(database, "");
}

/** Leaves a note for the leaders of later terms. */
export function leaveNote({ database, state }: Change, term: number, note: string): void {
  checkTerm(state.term, term);
  keepMeta(database, "note", note);
}

/** The note that was left. */
export function readNote(database: SqlDatabase): string | undefined {
  return metaOf(database, "note");
}

/** Keeps what the leader lets the others know. */
function say(database: SqlDatabase, says: string): void {
  keepMeta(database, "leader", says);
}
