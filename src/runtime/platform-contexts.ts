import { builtin } from "./builtin.ts";
import type { AsyncContext, AsyncContexts } from "./ports/async-context.ts";

/** `AsyncLocalStorage` where there is one, found when the first context is made. */
export const platformContexts: AsyncContexts = {
  get exact() {
    return builtin("node:async_hooks") !== undefined;
  },
  create<T>(): AsyncContext<T> {
    const hooks = builtin("node:async_hooks");
    if (hooks === undefined) return stackContext<T>();
    const storage = new hooks.AsyncLocalStorage<T>();
    return { get: () => storage.getStore(), run: (value, body) => storage.run(value, body) };
  },
};

/** Holds a value for the synchronous part of a body and until its promise settles. */
export function stackContext<T>(): AsyncContext<T> {
  const stack: { readonly value: T; readonly outer: T | undefined }[] = [];
  /** Of the body whose synchronous part runs. */
  let now: T | undefined;
  return {
    get: () =>
      now ??
      (stack.every(({ outer }, n) => n === 0 || outer === stack[n - 1]?.value) ? stack.at(-1)?.value : undefined),
    run(value, body, outer) {
      const before = now;
      const entry = { value, outer: before ?? outer };
      stack.push(entry);
      now = value;
      const leave = (): void => {
        stack.splice(stack.indexOf(entry), 1);
      };
      let pending = false;
      try {
        const result = body();
        pending = result instanceof Promise;
        if (result instanceof Promise) result.then(leave, leave);
        return result;
      } finally {
        now = before;
        if (!pending) leave();
      }
    },
  };
}
