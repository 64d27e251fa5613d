import { eachEntry, textOf } from "./entries.ts";

/** How values become text: JSON, or what Python's `str()` gives for the same value. */
export type TextFormat = "json" | "python";

/** A value as text; undefined for what has none: undefined, functions, symbols. @throws TypeError for a cycle */
export function valueText(value: unknown, format: TextFormat = "json"): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return numberText(value, format);
  const simple = plain(value);
  if (typeof simple === "string") return simple;
  return format === "python" && simple !== undefined
    ? pythonText(simple)
    : JSON.stringify(simple, (_, inner) => plain(inner));
}

/** JSON text that keeps what `JSON.stringify` loses: maps, sets, typed arrays, big integers. */
export function jsonText(value: unknown, indent?: number): string | undefined {
  return JSON.stringify(value, (_, inner) => plain(inner), indent);
}

// `JSON.stringify` makes {} of a Map and an object of a typed array, and throws on a BigInt.
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof URL || value instanceof RegExp) return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<unknown>);
  return value;
}

function numberText(value: number | bigint, format: TextFormat): string {
  if (format === "json" || typeof value === "bigint") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  // Python writes exponents from below 0.0001 on, with two digits.
  const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e-(\d)$/, "e-0$1");
}

function pythonText(input: unknown): string {
  const value = plain(input);
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return numberText(value, "python");
  if (typeof value === "string") return pythonQuote(value);
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries.map(([key, inner]) => `${pythonQuote(key)}: ${pythonText(inner)}`).join(", ")}}`;
}

function pythonQuote(text: string): string {
  const escaped = text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t");
  return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replace(/'/g, "\\'")}'`;
}

type Inside = readonly [keys: readonly unknown[], read: (key: unknown) => unknown];

/** What an object literal, a Map or the like holds; undefined for everything else, and where nobody can say. */
function insideOf(value: unknown): Inside | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    if (value instanceof Map) return [[...value.keys()], (key) => value.get(key)];
    const prototype = Object.getPrototypeOf(value);
    // Of another realm, an object literal has another Object.prototype, whose own prototype is null all the same.
    return prototype === null || Object.getPrototypeOf(prototype) === null ? ownOf(value) : undefined;
  } catch {
    return undefined;
  }
}

function ownOf(value: object): Inside {
  return [Object.keys(value), (key) => (value as Record<string, unknown>)[key as string]];
}

/**
 * Calls `leaf` with the dotted key and value of everything inside; an empty object, and one that holds itself, is a leaf.
 * `refuse` hears of what cannot be read.
 */
export function flatten(
  object: object,
  leaf: (key: string, value: unknown) => void,
  refuse: (key: string, error: unknown) => void,
): void {
  const walk = ([keys, read]: Inside, path: string, above: readonly unknown[]): void => {
    const use = (name: unknown, value: unknown): void => {
      const key = path + textOf(name);
      const inner = above.includes(value) ? undefined : insideOf(value);
      if (inner === undefined || inner[0].length === 0) leaf(key, value);
      else walk(inner, `${key}.`, [...above, value]);
    };
    eachEntry(keys, read, use, (name, error) => refuse(path + textOf(name), error));
  };
  walk(insideOf(object) ?? ownOf(object), "", [object]);
}
