import { decode, encode } from "fast-png";
import { ValidationError } from "../errors/usage-errors.ts";
import { textOf } from "./entries.ts";
import type { ImagePixels } from "./types/artifacts.ts";

/** Pixels of the longer side of what MLflow's UI shows in a grid. */
const smallSide = 256;
/** Larger images are not taken apart: their own bytes stand for the small copy. */
const mostPixels = 32_000_000;

/** Pixels as a PNG. */
export function pngOf({ width, height, data }: ImagePixels): Blob {
  const bytes = ArrayBuffer.isView(data) && (data instanceof Uint8Array || data instanceof Uint8ClampedArray);
  const channels = bytes ? data.length / (width * height) : 0;
  const sides = [width, height].every((side) => Number.isSafeInteger(side) && side > 0);
  if (!sides || !bytes || ![1, 2, 3, 4].includes(channels)) {
    const found = bytes ? `${textOf(width)} by ${textOf(height)} and ${data.length} bytes` : typeof data;
    throw new ValidationError(
      `Cannot log the image as it must be a Blob, a Uint8Array or { width, height, data } with 1 to 4 bytes for each pixel in data: current value is ${found}`,
    );
  }
  return asBlob(encode({ width, height, data, channels }));
}

/** A PNG of at most 256 pixels to a side; the same one where it is as small, or its kind of pixels cannot be mixed. */
export async function smallPng(png: Blob): Promise<Blob> {
  const head = new DataView(await png.slice(0, 24).arrayBuffer());
  const [wide, high] = head.byteLength < 24 ? [0, 0] : [head.getUint32(16), head.getUint32(20)];
  if (wide * high > mostPixels || (wide > 0 && Math.max(wide, high) <= smallSide)) return png;
  const { width, height, data, depth, channels, palette, transparency } = decoded(await png.arrayBuffer());
  if (depth !== 8 || palette !== undefined || transparency !== undefined) return png;
  const scale = smallSide / Math.max(width, height);
  const to = { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
  return asBlob(encode({ ...to, channels, data: averaged({ width, height, data: data as Uint8Array }, to, channels) }));
}

function decoded(bytes: ArrayBuffer): ReturnType<typeof decode> {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw new ValidationError(`Cannot log the image as its PNG must be whole: ${textOf(cause)}`, { cause });
  }
}

/** Each pixel is the mean of those that it stands for. */
function averaged(from: ImagePixels, to: { width: number; height: number }, channels: number): Uint8Array {
  const out = new Uint8Array(to.width * to.height * channels);
  for (let y = 0; y < to.height; y++) {
    const top = Math.floor((y * from.height) / to.height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * from.height) / to.height));
    for (let x = 0; x < to.width; x++) {
      const left = Math.floor((x * from.width) / to.width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * from.width) / to.width));
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            sum += from.data[(row * from.width + column) * channels + channel]!;
          }
        }
        out[(y * to.width + x) * channels + channel] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return out;
}

function asBlob(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" });
}
