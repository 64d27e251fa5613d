/** Longest piece that is held back for its end. */
const LONGEST = 65_536;

/** Cuts a stream of text into lines, each with its end; a bar that draws over itself ends its lines by a return. */
export class LineSplitter {
  #rest = "";
  readonly #use: (line: string) => void;

  constructor(use: (line: string) => void) {
    this.#use = use;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split(/(?<=\n|\r(?!\n|$))/);
    const last = lines.pop() ?? "";
    for (const line of lines) this.#use(line);
    this.#rest = last;
    if (last.endsWith("\n") || last.length > LONGEST) this.end();
  }

  /** Gives what has no end. */
  end(): void {
    if (this.#rest !== "") this.#use(this.#rest);
    this.#rest = "";
  }
}
