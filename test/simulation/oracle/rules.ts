import type { Json, Message } from "./message.ts";

/** An answer that is an error. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const invalid = (message: string): Refusal => new Refusal(400, "INVALID_PARAMETER_VALUE", message);
export const badRequest = (): Refusal =>
  new Refusal(400, "BAD_REQUEST", "(sqlite3.IntegrityError) UNIQUE constraint failed");
export const missing = (message: string): Refusal => new Refusal(404, "RESOURCE_DOES_NOT_EXIST", message);

type Body = { readonly [member: string]: Json };

/** Refuses a body without these members. */
export function required(body: Body, ...names: string[]): void {
  for (const name of names) {
    if (body[name] === undefined || body[name] === null || body[name] === "") {
      throw invalid(`Missing value for required parameter '${name}'`);
    }
  }
}

/** Refuses a member that is given and is no text. */
export function text(body: Body, ...names: string[]): void {
  for (const name of names) {
    const value = body[name];
    if (value !== undefined && value !== null && typeof value !== "string") {
      throw invalid(`Invalid value ${String(value)} for parameter '${name}' supplied`);
    }
  }
}

/** Keys that were found good: there are few, and many times of each. */
const good = new Set<string>();

/** Refuses a key that is too long, has other characters than the allowed ones, or is no normal path. */
export function checkKey(key: string): void {
  if (good.has(key)) return;
  if ([...key].length > 250) throw invalid(`key '${key}' exceeds the maximum length`);
  if (!/^[\p{L}\p{N}_/.\-: ]+$/u.test(key)) throw invalid(`Invalid key '${key}'`);
  if (key === "." || key.startsWith("..") || key.startsWith("/") || normal(key) !== key) {
    throw invalid(`Invalid key '${key}': it must be a plain path`);
  }
  if (good.size < 10_000) good.add(key);
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Cuts by code points. */
export function cut(value: string, most: number): string {
  return value.length <= most ? value : [...value].slice(0, most).join("");
}

/** A member that is a text, or the default. */
export function textOf(message: Message, name: string, fallback = ""): string {
  const value = message[name];
  return typeof value === "string" ? value : fallback;
}

/** A member that is an integer, or 0. */
export function integerOf(message: Message, name: string): number | bigint {
  const value = message[name];
  return typeof value === "number" || typeof value === "bigint" ? value : 0;
}
