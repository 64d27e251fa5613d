/** Work that is done one after the other where it is about the same thing. */
export class Turns<T> {
  readonly #last = new Map<string, Promise<T>>();

  /** Does `work` after all that was begun before for `about`; it gets the result of the last, undefined if that failed. */
  take(about: string, work: (before: T | undefined) => Promise<T>): Promise<T> {
    const before = this.#last.get(about) ?? Promise.resolve(undefined);
    const turn = before.catch(() => undefined).then(work);
    this.#last.set(about, turn);
    const leave = (): void => {
      if (this.#last.get(about) === turn) this.#last.delete(about);
    };
    turn.then(leave, leave);
    return turn;
  }
}
