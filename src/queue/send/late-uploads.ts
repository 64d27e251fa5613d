/** An upload that its sender gave up, or did not live to see the end of, and on which the server may still act. */
interface LateUpload {
  readonly path: string;
  /** Place of its chunk in the order. */
  readonly order: number;
  /** Monotonic time from which on it is not on its way any more. */
  readonly until: number;
}

/** Uploads that may come late, whoever leads by then, and however many other runs are delivered meanwhile. */
export class LateUploads {
  /** By run, with the one that was noted last at the end. */
  readonly #uploads = new Map<string, readonly LateUpload[]>();
  /** Milliseconds for which a request may be on its way. */
  readonly #lasts: number;

  constructor(lasts: number) {
    this.#lasts = lasts;
  }

  /** Notes an upload that may be on its way at a monotonic time. */
  add(run: string, path: string, order: number, now: number): void {
    for (const [old, uploads] of this.#uploads) {
      if (uploads.at(-1)!.until > now) break;
      this.#uploads.delete(old);
    }
    const known = this.#uploads.get(run)?.filter(({ until }) => until > now) ?? [];
    this.#uploads.delete(run);
    this.#uploads.set(run, [...known, { path, order, until: now + this.#lasts }]);
  }

  /** Monotonic time from which on no version of a file is on its way that was logged before a place in the order. */
  until(run: string, path: string, order: number, now: number): number | undefined {
    const older = this.#uploads
      .get(run)
      ?.filter((late) => late.path === path && late.order < order && late.until > now);
    return older && older.length > 0 ? Math.max(...older.map(({ until }) => until)) : undefined;
  }
}
