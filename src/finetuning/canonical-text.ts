import { ParamsError } from "./finetuning-errors.ts";

/**
 * One text for equal parameters, the same on every machine and for ever, as RFC 8785 has it: JSON without spaces, keys in the order of their
 * UTF-16 units, absent for undefined members, numbers in JavaScript's shortest form (1e-7, 0.1, 100), -0 as 0.
 *
 * @throws ParamsError for what JSON would lose: NaN, infinities, dates, functions, instances, cycles, lone surrogates.
 */
export function canonicalText(value: unknown): string {
  return write(value, "", []);
}

function write(value: unknown, path: string, above: readonly object[]): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return JSON.stringify(value);
    throw refused(path, "a finite number", String(value));
  }
  if (typeof value === "string") {
    if (value.isWellFormed()) return JSON.stringify(value);
    throw refused(path, "well-formed text", JSON.stringify(value));
  }
  if (typeof value !== "object") throw refused(path, "text, number, boolean, null, list or object", typeof value);
  if (above.includes(value)) throw refused(path, "a tree", "a cycle");
  const inner = [...above, value];
  if (Array.isArray(value))
    return `[${Array.from(value, (item, index) => write(item, join(path, index), inner)).join(",")}]`;
  if (!isPlain(value)) throw refused(path, "a plain object", value.constructor?.name ?? "an instance");
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${write(key, path, inner)}:${write(member, join(path, key), inner)}`).join(",")}}`;
}

/** True for an object that is not of a class, also of another realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function join(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}

function refused(path: string, must: string, is: string): ParamsError {
  const where = path === "" ? "they" : `"${path.toWellFormed()}"`;
  return new ParamsError(`Cannot name a run by its parameters as ${where} must be ${must}: current value is ${is}`);
}
