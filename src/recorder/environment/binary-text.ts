const STRETCH = 8192;

/** Bytes as a text with a character for each, so that what is no UTF-8 comes back as it was. */
export function textOfBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += STRETCH) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + STRETCH)));
  }
  return parts.join("");
}

/** The bytes of such a text. */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
