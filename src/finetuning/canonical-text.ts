import { ParamsError } from "./finetuning-errors.ts";

/** Levels of lists and objects in each other; more than anybody means, and less than a stack takes. */
const DEPTH = 200;

/** How JSON is written, and what is done with what it would lose. */
interface Style {
  /** Keys in the order of their UTF-16 units, and -0 as 0, so that equal values have equal texts. */
  readonly isCanonical: boolean;
  readonly refused: (where: string, must: string, is: string) => Error;
}

/**
 * One text for equal parameters, the same on every machine and for ever, as RFC 8785 has it: JSON without spaces, keys in the order of their
 * UTF-16 units, absent for undefined members, numbers in JavaScript's shortest form (1e-7, 0.1, 100), -0 as 0.
 *
 * @throws ParamsError for what JSON would lose: NaN, infinities, dates, functions, instances, cycles, lone surrogates.
 */
export function canonicalText(value: unknown): string {
  const refused: Style["refused"] = (where, must, is) =>
    new ParamsError(
      `Cannot name a run by its parameters as ${where === "" ? "they" : where} must be ${must}: current value is ${is}`,
    );
  return write(value, [], [], { isCanonical: true, refused });
}

/** JSON that gives the same back, -0 too; `refused` makes the error for what JSON would lose. */
export function losslessJson(value: unknown, refused: Style["refused"]): string {
  return write(value, [], [], { isCanonical: false, refused });
}

type Path = readonly (string | number)[];

function write(value: unknown, path: Path, above: readonly object[], style: Style): string {
  const refused = (must: string, is: string): Error =>
    style.refused(path.length === 0 ? "" : `"${path.slice(0, 10).join(".").toWellFormed()}"`, must, is);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refused("a finite number", String(value));
    return Object.is(value, -0) && !style.isCanonical ? "-0" : JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (value.isWellFormed()) return JSON.stringify(value);
    throw refused("well-formed text", JSON.stringify(value));
  }
  if (typeof value !== "object") throw refused("text, number, boolean, null, list or object", typeof value);
  if (above.includes(value)) throw refused("a tree", "a cycle");
  if (above.length === DEPTH) throw refused(`nested at most ${DEPTH} levels deep`, "nested deeper");
  const inner = [...above, value];
  if (Array.isArray(value))
    return `[${Array.from(value, (item, index) => write(item, [...path, index], inner, style)).join(",")}]`;
  if (!isPlain(value)) throw refused("a plain object", value.constructor?.name ?? "an instance");
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (style.isCanonical) members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${write(key, path, inner, style)}:${write(member, [...path, key], inner, style)}`).join(",")}}`;
}

/** True for an object that is not of a class, also of another realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
