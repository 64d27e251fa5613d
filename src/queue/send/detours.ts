/** Thrown by a try that goes no further: the parent of what it creates is created first, or a person gave its run up. */
export const waits: unique symbol = Symbol("waits");

/** Thrown by a try that goes no further: another leader has delivered the chunk. */
export const gone: unique symbol = Symbol("gone");
