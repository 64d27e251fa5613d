/** Holds whoever comes until it is opened. */
export class Gate {
  /** Those who wait, or have waited. */
  arrivals = 0;
  readonly #open: Promise<void>;
  #opened: () => void = () => {};
  readonly #watchers: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor() {
    this.#open = new Promise((resolve) => {
      this.#opened = resolve;
    });
  }

  /** Waits for `open()`. */
  pass(): Promise<void> {
    this.arrivals++;
    for (const { count, resolve } of this.#watchers) if (this.arrivals >= count) resolve();
    return this.#open;
  }

  /** Lets all go who wait, and all who come. */
  open(): void {
    this.#opened();
  }

  /** Resolves when so many have come. */
  arrived(count = 1): Promise<void> {
    return new Promise((resolve) => {
      if (this.arrivals >= count) resolve();
      else this.#watchers.push({ count, resolve });
    });
  }
}
