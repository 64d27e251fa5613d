import { ValidationError } from "../errors/usage-errors.ts";
import type { Random } from "../runtime/ports/random.ts";
import { artifactPath } from "./artifact-path.ts";
import { textOf } from "./entries.ts";
import { imageType, type ImageType, signatureBytes } from "./image-type.ts";
import { quote } from "./key.ts";
import { readBlob } from "./read-whole.ts";
import type { ImageOptions, ImagePixels } from "./types/artifacts.ts";

/** A file that an image becomes. */
export interface ImageFile {
  readonly path: string;
  readonly body: Blob;
}

/** The files of one image: the one that was asked for, or those of a step of a series with a small copy for MLflow's UI. */
export async function imageFiles(
  image: Blob | ImagePixels,
  options: ImageOptions,
  now: number,
  random: Random,
): Promise<ImageFile[]> {
  const { path, key } = options;
  if ((path === undefined) === (key === undefined)) {
    throw new ValidationError(
      'Cannot log the image as it must have either a path or a key: use { path: "plots/a.png" } or { key: "samples", step: 1 }',
    );
  }
  if (path !== undefined) {
    if (options.step !== undefined || options.timestamp !== undefined) {
      throw new ValidationError("Cannot log the image as step and timestamp are for series: pass a key, not a path");
    }
    const checked = artifactPath(path);
    const { body, type } = await encoded(image, checked);
    const ending = checked.slice(checked.lastIndexOf(".") + 1).toLowerCase();
    if (type.extensions.includes(ending)) return [{ path: checked, body }];
    throw new ValidationError(
      `Cannot log the image ${quote(checked)} as the name of a ${type.name} must end in ".${type.extensions.join('" or ".')}"`,
      { key: checked },
    );
  }
  const stem = artifactPath(seriesStem(options, now, random));
  const { body, type } = await encoded(image, textOf(key));
  const [ending] = type.extensions;
  if (ending !== "png" && ending !== "webp") {
    throw new ValidationError(
      `Cannot log a step of the image series ${quote(textOf(key))} as MLflow shows PNG and WebP only: current value is a ${type.name}; log it by a path, or pass its pixels`,
    );
  }
  const small = ending === "png" ? await (await import("./png.ts")).smallPng(body) : body;
  return [
    { path: artifactPath(`${stem}.${ending}`), body },
    { path: artifactPath(`${stem}+compressed.${ending}`), body: small },
  ];
}

/** MLflow's name of one step, which its UI takes apart again. */
function seriesStem({ key, step = 0, timestamp }: ImageOptions, now: number, random: Random): string {
  if (typeof key !== "string" || !/^[a-zA-Z0-9_\-./ ]+$/.test(key)) {
    throw new ValidationError(
      `Cannot log the image as its key must have letters, digits, "_", "-", ".", "/" and spaces only: current value is ${quote(textOf(key))}`,
    );
  }
  const time = timestamp ?? now;
  for (const [name, value] of Object.entries({ step, timestamp: time })) {
    if (Number.isSafeInteger(value)) continue;
    throw new ValidationError(
      `Cannot log the image as its ${name} must be an integer: current value is ${textOf(value)}`,
    );
  }
  return `images/${key.replaceAll("/", "~")}+step+${step}+timestamp+${time}+${uuidOf(random)}`;
}

/** A random UUID (version 4), as MLflow has in the names of images. */
export function uuidOf(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The bytes of an image under the type that they have, whatever the Blob says of itself. */
export async function encoded(image: Blob | ImagePixels, name: string): Promise<{ body: Blob; type: ImageType }> {
  const given = image instanceof Blob ? image : await (await import("./png.ts")).pngOf(image);
  const start = await readBlob(`image ${quote(name)}`, given.slice(0, signatureBytes).arrayBuffer());
  const type = imageType(new Uint8Array(start));
  if (type !== undefined) return { body: given.slice(0, given.size, type.type), type };
  throw new ValidationError(
    `Cannot log the image ${quote(name)} as its bytes must be a PNG, JPEG, WebP, GIF, AVIF or BMP: they are not${given.type === "" ? "" : `, although their type is "${given.type}"`}; use logFigure for SVG and logArtifact for other files`,
  );
}
