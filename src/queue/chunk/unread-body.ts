/** Bodies of an append cannot be read as they were logged, and never will be: nothing of the append took place. */
export class UnreadBodyError extends Error {
  override name = "UnreadBodyError";
  /** Why, where that is known, by the sequence of their chunks. */
  readonly bodies: ReadonlyMap<number, unknown>;

  constructor(bodies: ReadonlyMap<number, unknown>) {
    super("Cannot read the body of an artifact");
    this.bodies = bodies;
  }
}
