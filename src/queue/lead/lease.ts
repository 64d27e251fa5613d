/** Who drains a storage, as all see it who have it open. */
export interface Lease {
  /** Number of the latest term. */
  readonly term: number;
  /** Changes while the leader is at work. */
  readonly beat: number;
  /** Nobody has let go of the term yet. */
  readonly held: boolean;
  /** The leader holds the lock of the platform as well. */
  readonly locked: boolean;
  /** What the leader last let the others know; empty when nothing. */
  readonly says: string;
}

/** How a leadership begins. */
export interface Claim {
  /** Only if nobody began a term, beat or let go since the lease was read. */
  readonly seen?: Lease;
  /** The lock of the platform is held. */
  readonly locked?: boolean;
  /** What the leader lets the others know from the start. */
  readonly says?: string;
}

/** The part of a lease that a storage keeps beside the term. */
export type LeaseState = Omit<Lease, "term">;

/** Nobody leads. */
export const freeLease: LeaseState = { beat: 0, held: false, locked: false, says: "" };

/** The lease when its leader lets go. */
export function released(lease: LeaseState): LeaseState {
  return { ...freeLease, beat: lease.beat + 1 };
}

/** The lease of a term that begins; undefined when the claim came too late. */
export function claimed(lease: Lease, { seen, locked = false, says = "" }: Claim): LeaseState | undefined {
  if (seen && (seen.term !== lease.term || seen.beat !== lease.beat || seen.held !== lease.held)) return undefined;
  return { beat: lease.beat + 1, held: true, locked, says };
}
