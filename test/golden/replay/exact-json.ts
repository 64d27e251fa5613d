import type { Json } from "./scenario.ts";

/** Marks an integer that a number cannot hold; no recorded text starts like this. */
const mark = "\u00a7int64:";

/** Parses JSON with large integers kept as marked texts, and bare NaN and Infinity as `{ $not_json: "NaN" }`. */
export function parseExact(text: string): Json {
  const guarded = text.replace(
    /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gu,
    (token) => {
      if (token.startsWith('"')) return token;
      if (/[NI]/u.test(token)) return `{"$not_json":"${token}"}`;
      return /^-?\d+$/u.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token;
    },
  );
  return JSON.parse(guarded) as Json;
}

/** Writes what `parseExact()` read. */
export function writeExact(value: Json): string {
  return JSON.stringify(value).replaceAll(new RegExp(`"${mark}(-?\\d+)"`, "gu"), "$1");
}
