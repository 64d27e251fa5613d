/** A value that follows asynchronous code, like `AsyncLocalStorage`. */
export interface AsyncContext<T> {
  /** The value of the innermost enclosing `run`, across awaits. */
  get(): T | undefined;
  /** Calls `body` with `value` as the current one. */
  run<R>(value: T, body: () => R): R;
}

/** Makes async contexts; looked up at run time, so that no bundle imports `node:async_hooks`. */
export interface AsyncContexts {
  /**
   * False where the platform cannot follow a value across awaits (browsers today): `run` then holds the value for the
   * synchronous part of `body` and, if it returns a promise, until that settles, which is right as long as two bodies
   * do not overlap.
   */
  readonly exact: boolean;
  create<T>(): AsyncContext<T>;
}
