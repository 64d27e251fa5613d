/** A Blob whose bytes are at hand: reading one takes a round of the real event loop, and many of them half of a seed. */
export class TextBlob extends Blob {
  readonly #text: string;

  constructor(text: string) {
    super([text]);
    this.#text = text;
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new TextEncoder().encode(this.#text);
  }
}
