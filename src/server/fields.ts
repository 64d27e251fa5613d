import { refuseValue } from "./refusal.ts";
import type { RequestFields } from "./route.ts";

const camel = new Map<string, string>();

/** protobuf's JSON name of a field: `run_id` is also read from `runId`. */
function camelCase(name: string): string {
  let known = camel.get(name);
  if (known === undefined) {
    known = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    camel.set(name, known);
  }
  return known;
}

/**
 * Reads the fields of a message by protobuf's JSON rules, as MLflow does: numbers may be written as strings, integral
 * doubles are integers, null is absent, camelCase names are known. Where MLflow drops what it cannot read and all
 * that follows with 200, this refuses and names the field.
 */
export class Fields {
  readonly #fields: RequestFields;
  readonly #path: string;

  /** `path` stands before the names in messages, such as `tags[2].`. */
  constructor(fields: RequestFields, path = "") {
    this.#fields = fields;
    this.#path = path;
  }

  /** What was sent, or undefined when absent or null. */
  raw(name: string): unknown {
    return this.#fields[name] ?? this.#fields[camelCase(name)] ?? undefined;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "string") return value;
    return this.#refuse(name, "a string", value);
  }

  /** MLflow knows a required field by its snake_case name only, and takes an empty text for a missing one. */
  requiredText(name: string): string {
    const value = this.text(name);
    return value === undefined || value === "" || this.#fields[name] === undefined ? this.missing(name) : value;
  }

  /** A 64-bit integer; bigint where a number would lose digits. */
  int64(name: string): number | bigint | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : (toInt64(value) ?? this.#refuse(name, "a 64-bit integer", value));
  }

  /** A 32-bit integer. */
  int32(name: string): number | undefined {
    const value = this.int64(name);
    if (value === undefined || (typeof value === "number" && value === (value | 0))) return value;
    return this.#refuse(name, "a 32-bit integer", value);
  }

  /** A double; "NaN", "Infinity" and "-Infinity" are its words. */
  double(name: string): number | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : (toDouble(value) ?? this.#refuse(name, 'a number or "NaN"', value));
  }

  bool(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    return this.#refuse(name, "true or false", value);
  }

  /** The word of an enumeration, sent as word or number. */
  word<W extends string>(name: string, words: { readonly [word in W]: number }): W | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    for (const word in words) if (value === word || value === words[word] || value === String(words[word])) return word;
    return this.#refuse(name, `one of ${Object.keys(words).join(", ")}`, value);
  }

  /** A repeated field; absent is empty. */
  list(name: string): readonly unknown[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    return Array.isArray(value) ? value : this.#refuse(name, "a list", value);
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((item, index) =>
      typeof item === "string" ? item : this.#refuse(`${name}[${index}]`, "a string", item),
    );
  }

  /** A message inside this one. */
  message(name: string): Fields | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.#inner(name, value);
  }

  messages(name: string): readonly Fields[] {
    return this.list(name).map((item, index) => this.#inner(`${name}[${index}]`, item));
  }

  /** Refuses as MLflow does when a required field is absent. */
  missing(name: string): never {
    refuseValue(`Missing value for required parameter '${this.#path}${name}'`);
  }

  /** The name as messages tell it, with what it stands in. */
  nameOf(name: string): string {
    return this.#path + name;
  }

  #inner(name: string, value: unknown): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return this.#refuse(name, "an object", value);
    return new Fields(value as RequestFields, `${this.#path}${name}.`);
  }

  #refuse(name: string, kind: string, value: unknown): never {
    refuseValue(
      `Invalid value for parameter '${this.#path}${name}': it must be ${kind}, current value is ${show(value)}`,
    );
  }
}

/** A value in a message: as JSON, cut, so that an error is never longer than the request. */
export function show(value: unknown): string {
  const text =
    typeof value === "bigint"
      ? String(value)
      : typeof value === "number" && !Number.isFinite(value)
        ? String(value)
        : (JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** An integer by protobuf's rules, or undefined. Strings of digits count, and doubles without fraction. */
export function toInt64(value: unknown): number | bigint | undefined {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return value + 0;
    return Number.isInteger(value) ? inRange(BigInt(value)) : undefined;
  }
  if (typeof value === "bigint") return inRange(value);
  if (typeof value !== "string") return undefined;
  if (/^-?\d{1,15}$/.test(value)) return Number(value) + 0;
  if (/^-?\d{1,20}$/.test(value)) return inRange(BigInt(value));
  // "2.0" and "1e3" are integers, too.
  return /^-?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(value) ? toInt64(Number(value)) : undefined;
}

function inRange(value: bigint): number | bigint | undefined {
  if (value < int64Min || value > int64Max) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A double by protobuf's rules and Python's float(), or undefined. JSON.parse reads 1e999 as infinity: not a value. */
export function toDouble(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return undefined;
  if (value === "NaN") return Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(value);
  if (infinity !== null) return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
