import { ValidationError } from "../errors/usage-errors.ts";

/** A part of a file, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/**
 * The header that asks for a part of a file.
 *
 * @throws ValidationError for what a server would not take for a range, and send the whole file for.
 */
export function rangeHeaders(range: ByteRange | undefined): Readonly<Record<string, string>> {
  if (range === undefined) return {};
  const { start, end } = range;
  const isPlace = (place: number): boolean => Number.isSafeInteger(place) && place >= 0;
  if (isPlace(start) && (end === undefined || (isPlace(end) && end >= start))) {
    return { range: `bytes=${start}-${end ?? ""}` };
  }
  throw new ValidationError(
    `Cannot read a range of an artifact as it must go from an integer of 0 or more to one that is not smaller: current value is ${String(start)} to ${String(end)}`,
  );
}

/**
 * What a refused range (416) means: a server says it in a header, with no words.
 *
 * @param asked the header of the request
 * @param answered the header `Content-Range` of the answer
 */
export function rangeFault(asked: string, answered: string | null): string {
  const range = asked.replace("=", " ");
  const size = /^bytes \*\/(\d+)$/.exec(answered ?? "")?.[1];
  if (size === undefined) return `. The file ends before ${range}: ask for bytes that it has`;
  return `. The file has ${size} bytes, and none of ${range}: ${size === "0" ? "ask for no range" : `begin below ${size}`}`;
}
