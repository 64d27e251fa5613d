/** A value that follows asynchronous code, like `AsyncLocalStorage`. */
export interface AsyncContext<T> {
  /** The value of the innermost enclosing `run`, across awaits; undefined where nobody can tell which one that is. */
  get(): T | undefined;
  /** Calls `body` with `value` as the current one; `outer` is the value of a body that is known to be around this one. */
  run<R>(value: T, body: () => R, outer?: T): R;
}

/** Makes async contexts; looked up at run time, so that no bundle imports `node:async_hooks`. */
export interface AsyncContexts {
  /**
   * False where the platform cannot follow a value across awaits (browsers today): `run` then holds the value for the
   * synchronous part of `body` and, if it returns a promise, until that settles. While bodies overlap that are not known to
   * be one in the other, there is no value between their synchronous parts.
   */
  readonly exact: boolean;
  create<T>(): AsyncContext<T>;
}
