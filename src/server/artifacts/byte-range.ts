import type { ByteRange } from "./artifact-store.ts";

/**
 * The part of a file that a `Range` header asks for (RFC 9110, section 14).
 * @returns undefined for the whole file: no header, several ranges, another unit or a text that is no range;
 * "unsatisfiable" when nothing of the file lies in the range.
 */
export function byteRange(header: string | null, size: number): ByteRange | "unsatisfiable" | undefined {
  const found = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/iu.exec(header ?? "");
  if (found === null) return undefined;
  const [, first = "", last = ""] = found;
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
