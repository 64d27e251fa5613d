/** A method, whatever it takes. */
export type Method = (...args: readonly unknown[]) => Promise<unknown>;

/** An object with the methods of another one, each replaced. */
export function eachMethod<T extends object>(of: T, replace: (name: string, method: Method) => Method): T {
  const methods: Record<string, Method> = {};
  for (let from = of; from !== Object.prototype; from = Object.getPrototypeOf(from) as T) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (name === "constructor" || typeof value !== "function") continue;
      methods[name] ??= replace(name, (...args) => (value as Method).apply(of, args as never));
    }
  }
  return methods as T;
}
