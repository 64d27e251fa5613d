/** Characters of the beginning and of the end that are kept. */
const HEAD = 4_000_000;
const TAIL = 4_000_000;

/** What a command has written, for an artifact: all of it, or its beginning and its end. */
export class OutputLog {
  #head = "";
  readonly #tail: string[] = [];
  #tailLength = 0;
  #leftOut = 0;

  /** Adds a line with its end. */
  add(line: string): void {
    if (this.#tailLength === 0 && this.#head.length + line.length <= HEAD) {
      this.#head += line;
      return;
    }
    this.#tail.push(line);
    this.#tailLength += line.length;
    // The last line stays whatever its length.
    while (this.#tailLength > TAIL && this.#tail.length > 1) {
      const { length } = this.#tail.shift() as string;
      this.#tailLength -= length;
      this.#leftOut += length;
    }
  }

  get text(): string {
    const gap = this.#leftOut === 0 ? "" : `\n... ${this.#leftOut} characters are left out here ...\n\n`;
    return this.#head + gap + this.#tail.join("");
  }
}
