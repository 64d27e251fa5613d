/** A piece of JSON text that is written as it is: doubles with a fraction, rows written in bulk. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a reply is made of. Numbers are integers (use `double()` for others); undefined members are left out. */
export type Json = string | number | bigint | boolean | null | RawJson | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: Json | undefined;
}

const largest = 1.7976931348623157e308;

/** Text of a double as MLflow writes it: always with a fraction or exponent, NaN as a quoted word. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return '"NaN"';
  if (!Number.isFinite(value)) return value > 0 ? String(largest) : String(-largest);
  const text = String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

/** A double in a reply. */
export function double(value: number): RawJson {
  return new RawJson(doubleText(value));
}

/** Writes a reply. Empty lists are the callers' to leave out: see `list()`. */
export function writeJson(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(", ")}]`;
  let text = "";
  for (const member in value as JsonObject) {
    const content = (value as JsonObject)[member];
    if (content !== undefined) text += `${text === "" ? "" : ", "}${JSON.stringify(member)}: ${writeJson(content)}`;
  }
  return `{${text}}`;
}

/** A repeated field: left out when empty, as protobuf's JSON does. */
export function list<T extends Json>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
