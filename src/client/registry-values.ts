import { ValidationError } from "../errors/usage-errors.ts";
import { codePoints, keyProblem } from "./limits.ts";

/** Characters of a registered model's name: wider columns than this only SQLite has. */
const nameLength = 256;
const aliasLength = 255;

/** @throws ValidationError when a new registered model is no object, such as its bare name. */
export function checkNewModel(model: unknown): void {
  if (typeof model === "object" && model !== null) return;
  const problem = `be an object such as { name: "digits" }: current value is ${show(model)}`;
  throw refused("create a registered model", problem, undefined);
}

/** @throws ValidationError when MLflow would refuse the name of a new registered model. */
export function checkNewName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw refused(`name a registered model ${show(name)}`, problem, name);
}

function nameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return "be text";
  if (name.trim() === "") return "not be empty";
  if (/[/:]/.test(name)) return `not hold "/" or ":", which models:/name/version is read by: use "-" or "." instead`;
  if (name === "." || name.startsWith("..")) return 'not be "." or begin with ".."';
  const length = codePoints(name);
  return length > nameLength ? `be at most ${nameLength} characters long: it has ${length}` : undefined;
}

/** @throws ValidationError when MLflow would refuse the alias, or read it as something else. */
export function checkNewAlias(alias: string): void {
  const problem = aliasProblem(alias);
  if (problem !== undefined) throw refused(`set the alias ${show(alias)}`, problem, alias);
}

function aliasProblem(alias: unknown): string | undefined {
  if (typeof alias !== "string") return "be text";
  if (alias === "") return "not be empty";
  const [strange] = /[^\p{L}\p{N}_-]/u.exec(alias) ?? [];
  if (strange !== undefined) {
    return `hold only letters, digits, "_" and "-": ${JSON.stringify(strange.toWellFormed())} is none of them`;
  }
  if (/^latest$/i.test(alias)) return 'not be "latest", which always names the newest version';
  if (/^v\p{Nd}+$/iu.test(alias)) return 'not look like a version, as "v1" does';
  const length = codePoints(alias);
  return length > aliasLength ? `be at most ${aliasLength} characters long: it has ${length}` : undefined;
}

/**
 * A version as MLflow takes it: text.
 *
 * @throws ValidationError when it is no whole number from 1.
 */
export function versionText(version: number | string): string {
  const text = String(version);
  if (/^0*[1-9]\d{0,15}$/.test(text)) return text;
  throw refused(`use the version ${show(version)}`, 'be a whole number from 1, such as 3 or "3"', undefined);
}

/** @throws ValidationError when MLflow would refuse the tag of a registered model or version. */
export function checkRegistryTag(key: string, value: string): void {
  const problem =
    keyProblem(key) ?? (typeof value === "string" ? undefined : `have text as value: current value is ${typeof value}`);
  if (problem !== undefined) throw refused(`set the tag ${show(key)}`, problem, key);
}

function refused(what: string, problem: string, key: unknown): ValidationError {
  return new ValidationError(`Cannot ${what} as it must ${problem}`, typeof key === "string" ? { key } : {});
}

function show(value: unknown): string {
  const text = String(value);
  return `"${(text.length > 80 ? `${text.slice(0, 79)}…` : text).toWellFormed()}"`;
}
