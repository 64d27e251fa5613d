/** Any JSON, with integers that a number cannot hold as bigint. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [member: string]: Json };
/** A parsed message: members that were not given, or not reached, are absent. */
export type Message = { [member: string]: Json };

/** Types of the members of a message. */
export interface Shape {
  readonly [member: string]: "string" | "integer" | "number" | "status" | "strings" | readonly [Shape];
}

const STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/** A member cannot be parsed: what was read before it stays, and nothing after it is read. */
class Unreadable extends Error {}
/** A list holds what crashes the server. */
export class Crash extends Error {}

/** Parses JSON with exact integers; a bare NaN is no value that any member takes. Undefined when it is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return (/(?<![\d.])\d{16}/.test(text) ? JSON.parse(text, exact as never) : JSON.parse(text)) as Json;
  } catch {
    const mended = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
      token.startsWith('"') ? token : '{"bare":1}',
    );
    return mended === text ? undefined : parseJson(mended);
  }
}

function exact(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? "";
  return typeof value === "number" && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source) : value;
}

/** Reads a message as MLflow does: in the order of the members, up to the first that cannot be read. */
export function readMessage(json: { readonly [member: string]: Json }, shape: Shape): Message {
  const message: Message = {};
  try {
    fill(message, json, shape);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  return message;
}

function fill(message: Message, json: { readonly [member: string]: Json }, shape: Shape): void {
  for (const name in json) {
    const value = json[name]!;
    const member = name in shape ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const type = shape[member];
    if (type === undefined || value === null) continue;
    if (typeof type === "string") message[member] = type === "strings" ? strings(value) : scalar(value, type);
    else {
      const list: Message[] = [];
      message[member] = list;
      if (!Array.isArray(value)) throw new Unreadable();
      for (const item of value as readonly Json[]) {
        if (typeof item !== "object" || item === null || Array.isArray(item)) throw new Crash();
        const entry: Message = {};
        list.push(entry);
        fill(entry, item as { readonly [member: string]: Json }, type[0]);
      }
    }
  }
}

function strings(value: Json): Json {
  if (!Array.isArray(value)) throw new Unreadable();
  return value.map((item: Json) => scalar(item, "string"));
}

function scalar(value: Json, type: string): Json {
  switch (type) {
    case "string":
      if (typeof value === "string") return value;
      throw new Unreadable();
    case "number":
      return double(value);
    case "status": {
      const word = typeof value === "number" ? STATUSES[value - 1] : value;
      return STATUSES.includes(word as string) ? (word as string) : null;
    }
    default:
      return integer(value);
  }
}

function double(value: Json): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
  if (value === "NaN") return Number.NaN;
  if (typeof value === "string") {
    const infinite = /^([+-]?)inf(?:inity)?$/i.exec(value);
    if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
    if (value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  }
  throw new Unreadable();
}

function integer(value: Json): number | bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value + 0;
  let exactly: bigint;
  try {
    if (typeof value !== "bigint" && !(typeof value === "string" && /^-?\d+$/.test(value))) throw new Unreadable();
    exactly = BigInt(value);
  } catch {
    throw new Unreadable();
  }
  if (BigInt.asIntN(64, exactly) !== exactly) throw new Unreadable();
  return Number.isSafeInteger(Number(exactly)) ? Number(exactly) : exactly;
}

/** JSON text of a value that may hold large integers. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // It holds a bigint.
  }
  let large = false;
  const text = JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item !== "bigint") return item;
    large = true;
    return `\u00a7int:${item}`;
  });
  return large ? text.replace(/"\u00a7int:(-?\d+)"/g, "$1") : text;
}
