/**
 * Keeps prepared statements by their text. Searches compile to many texts, so the oldest unused ones are let go:
 * a Map remembers the order of insertion, and what is used again is inserted anew.
 */
export class StatementCache<S> {
  readonly #statements = new Map<string, S>();
  readonly #prepare: (sql: string) => S;
  readonly #release: (statement: S) => void;
  readonly #capacity: number;

  constructor(prepare: (sql: string) => S, release: (statement: S) => void = () => {}, capacity = 256) {
    this.#prepare = prepare;
    this.#release = release;
    this.#capacity = capacity;
  }

  get(sql: string): S {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.#prepare(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > this.#capacity) {
      const [oldest] = this.#statements;
      this.#statements.delete(oldest![0]);
      this.#release(oldest![1]);
    }
    return statement;
  }

  clear(): void {
    for (const statement of this.#statements.values()) this.#release(statement);
    this.#statements.clear();
  }
}
