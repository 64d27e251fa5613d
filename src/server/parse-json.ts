import { refuseValue } from "./refusal.ts";

/**
 * Parses JSON without losing digits: integers that a number cannot hold become bigint. A leading BOM is passed over.
 *
 * @throws Refusal when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    // Large integers are rare; looking for 16 digits after a JSON delimiter costs a fraction of the parse.
    return /[:[,\s]-?\d{16}/.test(source)
      ? JSON.parse(guardLargeIntegers(source), reviveLargeInteger)
      : JSON.parse(source);
  } catch (error) {
    const bare = /[:[,\s](NaN|-?Infinity)\s*[,\]}]/.exec(source)?.[1];
    const cure =
      bare === undefined ? `(${(error as Error).message.slice(0, 120)})` : `: write ${bare} as "${bare}", in quotes`;
    refuseValue(`Cannot read the body as it must be JSON ${cure}`);
  }
}

/** No text of a client can start like this: a lone surrogate is not part of any well-formed string. */
const mark = "\udfff";

function guardLargeIntegers(source: string): string {
  return source.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
}

function reviveLargeInteger(_: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(1)) : value;
}
