let serial = 0;

/** Name of a database that no other test uses, nor another run of this one in the same browser. */
export function newName(): string {
  return `queue-${Date.now()}-${Math.random()}-${serial++}`;
}

/** The result of a request. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Opens a database as another page would, whose handle never closes by itself. */
export function openPlain(name: string, version?: number): Promise<IDBDatabase> {
  return resultOf(indexedDB.open(name, version));
}

/** Runs `body` with another method in the place of one of the platform. */
export async function patched<T extends object, K extends keyof T, R>(
  target: T,
  key: K,
  replacement: (original: T[K]) => T[K],
  body: () => Promise<R>,
): Promise<R> {
  const original = target[key];
  target[key] = replacement(original);
  try {
    return await body();
  } finally {
    target[key] = original;
  }
}
