/** Characters of the beginning and of the end that are kept. */
const HEAD = 4_000_000;
const TAIL = 4_000_000;
/** Characters of lines that are kept as one text: what falls away then falls in few pieces, whatever a line's length. */
const BLOCK = 16_384;

/** What a command has written, for an artifact: all of it, or its beginning and its end. */
export class OutputLog {
  readonly #head: string[] = [];
  readonly #tail: string[] = [];
  /** Lines of the block that is not full. */
  #lines: string[] = [];
  #lineLength = 0;
  #headLength = 0;
  #tailLength = 0;
  #leftOut = 0;

  /** Adds a line with its end. */
  add(line: string): void {
    this.#lines.push(line);
    this.#lineLength += line.length;
    if (this.#lineLength < BLOCK) return;
    this.#keep(this.#lines.join(""));
    this.#lines = [];
    this.#lineLength = 0;
  }

  get text(): string {
    const gap = this.#leftOut === 0 ? "" : `\n... ${this.#leftOut} characters are left out here ...\n\n`;
    return this.#head.join("") + gap + this.#tail.join("") + this.#lines.join("");
  }

  #keep(block: string): void {
    if (this.#tail.length === 0 && this.#headLength + block.length <= HEAD) {
      this.#head.push(block);
      this.#headLength += block.length;
      return;
    }
    this.#tail.push(block);
    this.#tailLength += block.length;
    // The last one stays whatever its length.
    while (this.#tailLength > TAIL && this.#tail.length > 1) {
      const { length } = this.#tail.shift() as string;
      this.#tailLength -= length;
      this.#leftOut += length;
    }
  }
}
