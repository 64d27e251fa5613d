import { Secrets } from "../recorder/environment/secrets.ts";

/** What stands where a secret stood. */
const MASK = "***";
const keyBegins = /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----/;
const keyEnds = /-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----/;
/** Lines of a private key at most: a text that only speaks of one must not swallow all that follows. */
const KEY_LINES = 400;
/** Characters of a piece without an end that wait for what follows, and where else it may be cut. */
const HELD = 4096;
const CUTS = 8;

/** Secrets that output must not show: those of `variables`, each line of those that have several. */
export function outputSecrets(variables: Readonly<Record<string, string>>): Secrets {
  const lines = Object.entries(variables).flatMap(([name, value]) =>
    // As variables of their own, which are as secret as the whole.
    value.includes("\n") ? value.split(/\r?\n/).map((line, n) => [`L${n}_${name}`, line] as const) : [],
  );
  return new Secrets({ ...variables, ...Object.fromEntries(lines) });
}

/** Takes secrets out of one stream of output, line by line; also those that are longer than a line or a piece of one. */
export class OutputRedactor {
  readonly #secrets: Secrets;
  readonly #use: (clean: string) => void;
  /** What has no end yet. */
  #held = "";
  /** Lines of a private key that have passed; undefined outside of one. */
  #keyLines: number | undefined;

  constructor(secrets: Secrets, use: (clean: string) => void) {
    this.#secrets = secrets;
    this.#use = use;
  }

  /** Takes a line with its end, or a piece of a long one. */
  add(piece: string): void {
    const text = this.#held + piece;
    if (/[\r\n]$/.test(text)) {
      this.#held = "";
      this.#line(text);
      return;
    }
    const cut = this.#cutOf(text);
    this.#held = text.slice(cut);
    if (cut > 0) this.#line(text.slice(0, cut));
  }

  /** Gives what has no end. */
  end(): void {
    const text = this.#held;
    this.#held = "";
    if (text !== "") this.#line(text);
  }

  /** Where a piece may be cut such that no secret stands on both sides. */
  #cutOf(text: string): number {
    const { text: whole } = this.#secrets.redact(text);
    for (let n = 1; n <= CUTS; n++) {
      const cut = text.length - n * HELD;
      if (cut <= 0) return 0;
      const parts = [text.slice(0, cut), text.slice(cut)].map((part) => this.#secrets.redact(part).text);
      if (parts.join("") === whole) return cut;
    }
    return text.length;
  }

  #line(line: string): void {
    if (this.#keyLines !== undefined) {
      const end = keyEnds.exec(line);
      if (end === null && ++this.#keyLines < KEY_LINES) return;
      this.#keyLines = undefined;
      if (end !== null) this.#line(line.slice(end.index + end[0].length));
      return;
    }
    const begin = keyBegins.exec(line);
    if (begin === null || keyEnds.test(line.slice(begin.index))) {
      this.#use(this.#secrets.redact(line).text);
      return;
    }
    this.#keyLines = 0;
    this.#use(`${this.#secrets.redact(line.slice(0, begin.index)).text}${MASK}`);
  }
}
