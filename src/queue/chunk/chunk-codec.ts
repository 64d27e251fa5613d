import { checksum } from "../../internal/checksum.ts";
import type { MetricColumns } from "./columns.ts";

/** Version of the bytes written here. A chunk of a newer version is kept and skipped, never deleted. */
const CHUNK_VERSION = 1;

/** The bytes of a chunk are not what was written. */
export class ChunkDamagedError extends Error {
  override name = "ChunkDamagedError";
}

/** The chunk was written by a newer version of the library. */
class ChunkVersionError extends Error {
  override name = "ChunkVersionError";
}

const text = new TextEncoder();
const METRICS = 0;
const REQUEST = 1;

// Layout, little endian: version u8, type u8, then
//   request: JSON text
//   metrics: rows u16, dictionary bytes u32, dictionary (JSON array of keys), key column (absent when there is one key),
//            value, timestamp and step columns
//   column:  width u8 (0: all equal, 1, 2, 4: integers above base, 8: doubles), base f64, rows x width
// and a checksum u32 over all before it. 1,000 losses of an epoch loop take 12 to 17 bytes a point.

/** Bytes of one prepared request; `version` is for tests of what a later one will write. */
export function encodeRequest(request: unknown, version: number = CHUNK_VERSION): Uint8Array<ArrayBuffer> {
  const json = text.encode(JSON.stringify(request));
  const bytes = new Uint8Array(json.length + 6);
  bytes.set(json, 2);
  return close(bytes, REQUEST, version);
}

/** The request of `encodeRequest`; throws `ChunkDamagedError` or `ChunkVersionError`. */
export function decodeRequest(bytes: Uint8Array): unknown {
  open(bytes, REQUEST);
  return parse(bytes.subarray(2, -4));
}

/**
 * Bytes of a metrics chunk. The first row of every distinct key comes first, the rest in its order: MLflow before
 * 2026 refuses a batch sent twice whose keys do not all occur in its first 100 rows, and loses its new points.
 */
export function encodeMetrics(columns: MetricColumns): Uint8Array<ArrayBuffer> {
  const { count, key } = columns;
  const names: string[] = [];
  const place = new Int16Array(256).fill(-1);
  const order = new Uint16Array(count);
  let later = 0;
  for (let row = 0; row < count; row++) {
    const index = key[row]!;
    if (place[index] === -1) {
      place[index] = names.length;
      order[names.length] = row;
      names.push(columns.keys[index]!);
    }
  }
  const first = order.slice(0, names.length);
  for (let row = 0, at = names.length; row < count; row++) {
    if (row === first[later]) later++;
    else order[at++] = row;
  }

  const dictionary = text.encode(JSON.stringify(names));
  const series = [columns.value, columns.timestamp, columns.step];
  const shapes = series.map((column) => shapeOf(column, count));
  const keyBytes = names.length > 1 ? count : 0;
  const bytes = new Uint8Array(
    8 + dictionary.length + keyBytes + shapes.reduce((sum, [width]) => sum + 9 + width * count, 0) + 4,
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(2, count, true);
  view.setUint32(4, dictionary.length, true);
  bytes.set(dictionary, 8);
  let at = 8 + dictionary.length;
  if (keyBytes > 0) for (let n = 0; n < count; n++) bytes[at++] = place[key[order[n]!]!]!;
  for (const [n, [width, base]] of shapes.entries()) {
    const column = series[n]!;
    view.setUint8(at, width);
    view.setFloat64(at + 1, base, true);
    at += 9;
    if (width === 8) for (let n = 0; n < count; n++, at += 8) view.setFloat64(at, column[order[n]!]!, true);
    else if (width === 4) for (let n = 0; n < count; n++, at += 4) view.setUint32(at, column[order[n]!]! - base, true);
    else if (width === 2) for (let n = 0; n < count; n++, at += 2) view.setUint16(at, column[order[n]!]! - base, true);
    else if (width === 1) for (let n = 0; n < count; n++) bytes[at++] = column[order[n]!]! - base;
  }
  return close(bytes, METRICS);
}

/** The points of `encodeMetrics`, in the order to send; throws `ChunkDamagedError` or `ChunkVersionError`. */
export function decodeMetrics(bytes: Uint8Array): MetricColumns {
  const view = open(bytes, METRICS);
  const count = view.getUint16(2, true);
  let at = 8 + view.getUint32(4, true);
  const keys = parse(bytes.subarray(8, at)) as string[];
  const key = keys.length > 1 ? bytes.slice(at, at + count) : new Uint8Array(count);
  if (keys.length > 1) at += count;
  const column = (): Float64Array => {
    const width = view.getUint8(at);
    const base = view.getFloat64(at + 1, true);
    at += 9;
    const values = new Float64Array(count).fill(base);
    for (let n = 0; n < count; n++, at += width) {
      if (width === 8) values[n] = view.getFloat64(at, true);
      else if (width === 4) values[n] = base + view.getUint32(at, true);
      else if (width === 2) values[n] = base + view.getUint16(at, true);
      else if (width === 1) values[n] = base + view.getUint8(at);
    }
    return values;
  };
  return { count, keys, key, value: column(), timestamp: column(), step: column() };
}

/** Width and base of a column: whole numbers are kept as differences to their smallest. */
function shapeOf(column: Float64Array, count: number): [width: number, base: number] {
  const first = column[0]!;
  let min = first;
  let max = first;
  for (let n = 0; n < count; n++) {
    const value = column[n]!;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      for (let m = 0; m < count; m++) if (!Object.is(column[m], first)) return [8, 0];
      return [0, first];
    }
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  const range = max - min;
  return [
    range === 0 ? 0 : range < 0x100 ? 1 : range < 0x10000 ? 2 : range < 0x100000000 ? 4 : 8,
    range < 2 ** 32 ? min : 0,
  ];
}

function close(bytes: Uint8Array<ArrayBuffer>, type: number, version = CHUNK_VERSION): Uint8Array<ArrayBuffer> {
  bytes[0] = version;
  bytes[1] = type;
  const end = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(end, checksum(bytes, end), true);
  return bytes;
}

function open(bytes: Uint8Array, type: number): DataView {
  const end = bytes.length - 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (end < 2 || view.getUint32(end, true) !== checksum(bytes, end)) {
    throw new ChunkDamagedError("Cannot read a stored chunk as its checksum does not fit its bytes");
  }
  if (bytes[0] !== CHUNK_VERSION) {
    throw new ChunkVersionError(
      `Cannot read a stored chunk as its version must be ${CHUNK_VERSION}: current value is ${bytes[0]}; update tracklet`,
    );
  }
  if (bytes[1] !== type) throw new ChunkDamagedError("Cannot read a stored chunk as it is of another kind");
  return view;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
