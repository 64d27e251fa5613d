import { cutText, keyProblem, limits } from "../client/limits.ts";
import type { RunData } from "../client/types/entities.ts";
import { canonicalText, isPlain } from "./canonical-text.ts";
import { issuesText, type StandardSchema } from "./standard-schema.ts";
import { ParamsError } from "./finetuning-errors.ts";

/** Tags `mlflow.tracklet.finetuning.params.0` and on hold the canonical text, which says also what was text and what a number. */
const TAG = "mlflow.tracklet.finetuning.params.";
/** Such tags at most: MLflow takes 100 in a request, and there are others. */
const PARTS = 80;

/** Parameters as MLflow shows them: nested ones with dotted keys, lists of simple values as comma text, text as it is. */
export function paramPairs(params: object): { key: string; value: string }[] {
  const pairs: { key: string; value: string }[] = [];
  const add = (prefix: string, value: unknown): void => {
    if (value === undefined) return;
    if (isBranch(value)) {
      for (const [key, member] of Object.entries(value)) add(`${prefix}.${key}`, member);
      return;
    }
    const problem = keyProblem(prefix);
    if (problem !== undefined)
      throw new ParamsError(`Cannot log the parameter "${prefix.toWellFormed()}" as its key must ${problem}`);
    if (pairs.some(({ key }) => key === prefix))
      throw new ParamsError(
        `Cannot log the parameter "${prefix}" as its key must be there once: a dotted key and a nested one are the same to MLflow`,
      );
    pairs.push({ key: prefix, value: cutText(valueText(value), limits.paramValueLength) });
  };
  for (const [key, member] of Object.entries(params)) add(key, member);
  return pairs;
}

/** True for an object with members, which are shown one by one. */
function isBranch(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    isPlain(value) &&
    Object.keys(value).length > 0
  );
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isSimple)) return value.map(String).join(", ");
  return canonicalText(value);
}

function isSimple(value: unknown): boolean {
  return (typeof value === "string" && !value.includes(",")) || typeof value === "number" || typeof value === "boolean";
}

/**
 * The tags that give the parameters back exactly.
 *
 * @throws ParamsError for what is no JSON, or more of it than one request takes.
 */
export function paramTags(params: object): Record<string, string> {
  const text = [...canonicalText(params)];
  const most = limits.tagValueLength * PARTS;
  if (text.length > most)
    throw new ParamsError(
      `Cannot log parameters as their JSON must have at most ${most} characters: it has ${text.length}; log what is large as an artifact`,
    );
  const tags: Record<string, string> = {};
  for (let at = 0; at < text.length; at += limits.tagValueLength) {
    tags[`${TAG}${at / limits.tagValueLength}`] = text.slice(at, at + limits.tagValueLength).join("");
  }
  return tags;
}

/** True for a run that a manager of this library has made. */
export function hasParamTags({ data }: RunData): boolean {
  return data.tags[`${TAG}0`] !== undefined;
}

/** The parameters of a run, exactly; those of a run that somebody else has made by what their text looks like. */
export function readParams({ data }: RunData): unknown {
  let text = "";
  for (let part = 0; data.tags[`${TAG}${part}`] !== undefined; part++) text += data.tags[`${TAG}${part}`];
  if (text !== "") {
    try {
      return JSON.parse(text);
    } catch {
      // Somebody changed the tag: what MLflow shows is left.
    }
  }
  const params: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data.params)) {
    if (key.startsWith("mlflow.tracklet.")) continue;
    const path = key.split(".");
    // Beside a parameter "a", "a.b" is not a member of it.
    const isMember = !path.some((_, end) => end > 0 && Object.hasOwn(data.params, path.slice(0, end).join(".")));
    place(params, isMember ? path : [key], guess(value));
  }
  return params;
}

function place(into: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) return void define(into, key, value);
  const inner = Object.hasOwn(into, key) ? into[key] : define(into, key, {});
  place(inner as Record<string, unknown>, rest, value);
}

/** Not by assignment: a key may be `__proto__`. */
function define(into: object, key: string, value: unknown): unknown {
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

/** Numbers, booleans and JSON as what they look like, Python's words too; comma text as a list where all of it is such. */
function guess(text: string): unknown {
  const words: Record<string, unknown> = { True: true, False: false, None: null };
  if (Object.hasOwn(words, text)) return words[text];
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "number") return value;
    // A number that would be another one, such as an id with 20 digits, is text.
    const isExact = !/^-?\d+$/.test(text) || Number.isSafeInteger(value);
    return isExact && Number.isFinite(value) ? value : text;
  } catch {
    const parts = text.split(/, ?/);
    const values = parts.map((part) => (part === text ? part : guess(part)));
    return values.every((value) => typeof value === "number" || typeof value === "boolean") ? values : text;
  }
}

/** Validates, and gives what the schema makes of it. */
export async function validParams<P extends object>(schema: StandardSchema<P> | undefined, value: unknown): Promise<P> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ParamsError(
      `Cannot use parameters as they must be an object: current value is ${Array.isArray(value) ? "a list" : String(value)}`,
    );
  if (schema === undefined) return value as P;
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  throw new ParamsError(`Cannot use parameters as they must fit the schema: ${issuesText(result.issues)}`);
}
