/** What the first bytes of an image say of it, and how MLflow's UI names such files. */
export interface ImageType {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Endings of file names that fit. */
  readonly extensions: readonly string[];
}

const png: ImageType = { name: "PNG", type: "image/png", extensions: ["png"] };
const webp: ImageType = { name: "WebP", type: "image/webp", extensions: ["webp"] };

const signatures: readonly (readonly [pattern: RegExp, type: ImageType])[] = [
  [/^\x89PNG\r\n\x1a\n/, png],
  [/^RIFF[\s\S]{4}WEBP/, webp],
  [/^\xff\xd8\xff/, { name: "JPEG", type: "image/jpeg", extensions: ["jpg", "jpeg"] }],
  [/^GIF8[79]a/, { name: "GIF", type: "image/gif", extensions: ["gif"] }],
  [/^[\s\S]{4}ftypavi[fs]/, { name: "AVIF", type: "image/avif", extensions: ["avif"] }],
  [/^BM/, { name: "BMP", type: "image/bmp", extensions: ["bmp"] }],
];

/** Bytes that `imageType` looks at. */
export const signatureBytes = 16;

/** The kind of image that begins with these bytes; undefined for anything else. */
export function imageType(head: Uint8Array): ImageType | undefined {
  const text = String.fromCharCode(...head.subarray(0, signatureBytes));
  return signatures.find(([pattern]) => pattern.test(text))?.[1];
}
