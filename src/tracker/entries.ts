/** `String(value)`, its first line, also for values whose `toString` throws. */
export function textOf(value: unknown): string {
  try {
    return String(value).split("\n")[0] as string;
  } catch {
    return typeof value;
  }
}

/** Calls `use` with each key and value; what cannot be read or used is refused, and costs nothing but itself. */
export function eachEntry<K>(
  keys: Iterable<K>,
  read: (key: K) => unknown,
  use: (key: K, value: unknown) => void,
  refuse: (key: K, error: unknown) => void,
): void {
  for (const key of keys) {
    try {
      use(key, read(key));
    } catch (error) {
      refuse(key, error);
    }
  }
}
