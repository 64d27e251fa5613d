/** What was seen last of a holder, and since when on our own monotonic clock. */
interface Sighting {
  readonly what: string;
  readonly since: number;
}

/**
 * Signs of life that this program has seen. A holder is dead when the same one was seen for its whole patience: no clock
 * but our own is asked, and only for a difference. It lasts over calls, so that asking now and then is watching.
 */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  /**
   * Notes a sign of life and gives the milliseconds for which it has been the same for certain: from the first answer
   * that showed it, which came `answered`, to the moment when the last one was `asked` for.
   */
  age(claim: string, what: string, asked: number, answered: number): number {
    const last = this.#seen.get(claim);
    if (last?.what === what) return asked - last.since;
    this.#seen.set(claim, { what, since: answered });
    return 0;
  }

  forget(claim: string): void {
    this.#seen.delete(claim);
  }
}

const byTracker = new WeakMap<object, Sightings>();

/** Those of one tracker. */
export function sightingsOf(tracker: object): Sightings {
  let sightings = byTracker.get(tracker);
  if (sightings === undefined) {
    sightings = new Sightings();
    byTracker.set(tracker, sightings);
  }
  return sightings;
}
