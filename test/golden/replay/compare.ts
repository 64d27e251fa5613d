import type { Json, Outcome } from "./scenario.ts";

/** Where two values differ, in words; numbers are equal within a relative 1e-12. */
export function differences(want: Json | undefined, got: Json | undefined, path = ""): string[] {
  if (typeof want === "number" && typeof got === "number" && isClose(want, got)) return [];
  if (Array.isArray(want) && Array.isArray(got)) {
    const counted =
      want.length === got.length
        ? []
        : [`${path}: ${want.length} elements expected, ${got.length} found: ${shown(got)}`];
    const length = Math.min(want.length, got.length);
    return [...counted, ...Array.from({ length }, (_, at) => differences(want[at], got[at], `${path}[${at}]`)).flat()];
  }
  if (isObject(want) && isObject(got)) {
    const names = [...new Set([...Object.keys(want), ...Object.keys(got)])].sort();
    return names.flatMap((name) => {
      if (!(name in got)) return [`${path}.${name} missing, expected ${shown(want[name])}`];
      if (!(name in want)) return [`${path}.${name} unexpected: ${shown(got[name])}`];
      return differences(want[name], got[name], `${path}.${name}`);
    });
  }
  return want === got ? [] : [`${path}: expected ${shown(want)}, found ${shown(got)}`];
}

/** Of an error answer what a client branches on: status, error_code and the recorded headers; no words, no media type. */
export function loosened(outcome: Outcome): { [member: string]: Json } {
  if (typeof outcome["status"] !== "number" || outcome["status"] < 400) return outcome;
  const { name, status, headers, json } = outcome as { [member: string]: Json };
  const kept: { [member: string]: Json } = { name: name ?? null, status: status ?? null };
  if (isObject(headers)) {
    const { "content-length": _length, "content-type": _type, ...rest } = headers;
    kept["headers"] = rest;
  }
  if (isObject(json) && "error_code" in json) kept["error_code"] = json["error_code"] ?? null;
  return kept;
}

function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
}

function shown(value: Json | undefined): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 300);
}
