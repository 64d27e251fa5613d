import { afterMicrotasks, turn } from "./turn.ts";

/** Something that is to happen at a time. */
interface Happening {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Virtual time of a whole world: nothing in it waits for a real clock. */
export class Timeline {
  /** Milliseconds since the world began. */
  now = 0;
  /** Things that happened. */
  count = 0;
  /** Work that runs on the real event loop, such as the reading of a Blob: time stands still until it is done. */
  busy = 0;
  #order = 0;
  /** Nothing in this world happens on the real event loop but what `hold` waits for. */
  readonly #pure: boolean;
  readonly #heap: Happening[] = [];

  constructor(pure: boolean) {
    this.#pure = pure;
  }

  /** Has something happen in `ms`; gives the way to call it off. */
  after(ms: number, run: () => void): () => void {
    const happening: Happening = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    this.#heap.push(happening);
    this.#up(this.#heap.length - 1);
    return () => {
      happening.run = undefined;
    };
  }

  /** Waits for real work, during which time stands still. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.busy++;
    try {
      return await work;
    } finally {
      this.busy--;
    }
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await this.#until(() => false, end);
    this.now = end;
  }

  /** Lets time pass until a promise settles; false when it did not within `limit` ms, or when nothing can settle it. */
  async settles(promise: Promise<unknown>, limit: number): Promise<boolean> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.#until(() => settled, this.now + limit);
    return settled;
  }

  async #until(done: () => boolean, end: number): Promise<void> {
    if (this.#pure && afterMicrotasks) return this.#quickly(afterMicrotasks, done, end);
    do await this.#turn();
    while (this.#step(done, end));
  }

  /** The same without a promise for each step. */
  #quickly(next: (callback: () => void) => void, done: () => boolean, end: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (this.busy > 0) void this.#turn().then(step);
          else if (this.#step(done, end)) next(step);
          else resolve();
        } catch (error) {
          reject(error as Error);
        }
      };
      next(step);
    });
  }

  async #turn(): Promise<void> {
    do await turn();
    while (this.busy > 0);
  }

  /** Has the next thing happen; false when there is nothing more to wait for. */
  #step(done: () => boolean, end: number): boolean {
    if (done()) return false;
    const next = this.#pop(end);
    if (!next) return false;
    this.now = Math.max(this.now, next.at);
    this.count++;
    next.run?.();
    return true;
  }

  #pop(end: number): Happening | undefined {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]!.at <= end) {
      const first = heap[0]!;
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        this.#down();
      }
      if (first.run) return first;
    }
    return undefined;
  }

  #up(at: number): void {
    const heap = this.#heap;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      }
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
