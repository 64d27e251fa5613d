import { checksum } from "../../internal/checksum.ts";
import type { ReceiptLine } from "../types.ts";

/** What one writer has put of one kind and key of a run; kept with the chunks, so that receipts outlive the process. */
export interface AccountLine extends Pick<ReceiptLine, "kind" | "key" | "logged" | "dropped"> {
  /** Calls that could not be sent as they were: counted, never stored. */
  readonly refused: number;
  /** Of a metric: which points there are. */
  readonly points?: PointFigures;
}

/** Which points of a metric were put: how many, how far they go, and the sum of their hashes. */
export interface PointFigures {
  /** Points that were looked at. */
  readonly counted: number;
  /** Of these, such as were there before. */
  readonly repeats: number;
  /** False once a point could be one of an earlier chunk. */
  readonly exact: boolean;
  /** The two halves of the sum over the different ones. */
  readonly low: number;
  readonly high: number;
  /** Least and greatest step and timestamp. */
  readonly steps: readonly [least: number, greatest: number];
  readonly timestamps: readonly [least: number, greatest: number];
}

const VERSION = 1;
const FIGURES = 12;
const text = new TextEncoder();

// Layout, little endian: version u8, three bytes 0, bytes of the names u32, names (JSON array of kind and key), then
//   12 doubles for each line, and a checksum u32 over all before it. Text would take twice the time of the chunk itself.

/** The kinds and keys of lines as bytes, which stay the same while their figures change. */
export function encodeNames(lines: readonly Pick<AccountLine, "kind" | "key">[]): Uint8Array {
  return text.encode(JSON.stringify(lines.map(({ kind, key }) => [kind, key])));
}

/** Lines as bytes; `names` are those of `encodeNames`. */
export function encodeLines(lines: readonly AccountLine[], names: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + names.length + lines.length * FIGURES * 8 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint32(4, names.length, true);
  bytes.set(names, 8);
  let at = 8 + names.length;
  const put = (value: number): void => {
    view.setFloat64(at, value, true);
    at += 8;
  };
  for (const { logged, dropped, refused, points } of lines) {
    put(logged);
    put(dropped);
    put(refused);
    put(points?.counted ?? 0);
    put(points?.repeats ?? 0);
    put(points?.exact ? 1 : 0);
    put(points?.low ?? 0);
    put(points?.high ?? 0);
    put(points?.steps[0] ?? 0);
    put(points?.steps[1] ?? 0);
    put(points?.timestamps[0] ?? 0);
    put(points?.timestamps[1] ?? 0);
  }
  view.setUint32(at, checksum(bytes, at), true);
  return bytes;
}

/** The lines of `encodeLines`; none when that is not what the bytes are, or a newer version wrote them. */
export function decodeLines(bytes: Uint8Array): readonly AccountLine[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - 4;
  if (end < 8 || view.getUint32(end, true) !== checksum(bytes, end) || view.getUint8(0) !== VERSION) return [];
  let at = 8 + view.getUint32(4, true);
  const names = JSON.parse(new TextDecoder().decode(bytes.subarray(8, at))) as [ReceiptLine["kind"], string][];
  const next = (): number => {
    at += 8;
    return view.getFloat64(at - 8, true);
  };
  return names.map(([kind, key]) => {
    const line = { kind, key, logged: next(), dropped: next(), refused: next() };
    const points = {
      counted: next(),
      repeats: next(),
      exact: next() === 1,
      low: next(),
      high: next(),
      steps: [next(), next()] as const,
      timestamps: [next(), next()] as const,
    };
    return points.counted > 0 ? { ...line, points } : line;
  });
}
