/** How a lock is taken. */
export interface LockOptions {
  /** Waits for its turn, until this aborts, where the platform says when that is. */
  readonly wait?: AbortSignal;
  /** Takes it away from whoever has it, where the platform lets one. */
  readonly steal?: boolean;
  /** Nobody will ask for this name again once it was let go of: nothing of it need stay. */
  readonly once?: boolean;
  /** Called when somebody took it away. */
  readonly onLost?: () => void;
}

/** Locks that the platform lets go of when whoever holds them dies, be it a process, a page or a thread. */
export interface Locks {
  /** False where no holder can stall while others go on, as within one thread: nobody has to prove then that it works. */
  readonly stalls: boolean;
  /**
   * Takes a lock, and gives the way to let go of it. Undefined while somebody has it, and waiting was not asked for or is
   * not possible. Rejects when `wait` aborts.
   */
  acquire(name: string, options?: LockOptions): Promise<(() => void) | undefined>;
}
