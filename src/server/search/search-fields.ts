import { refuseValue } from "../refusal.ts";
import type { RequestFields } from "../route.ts";

/** Largest page of runs and experiments. */
const mostResults = 50_000;

/** A text of the request; null and absent are the same. */
export function textField(fields: RequestFields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  refuseValue(`Invalid value ${shown(value)} for parameter '${name}' supplied: it must be a string`);
}

/** A list of texts; one text alone counts as a list of it. */
export function textListField(fields: RequestFields, name: string): readonly string[] {
  const value = fields[name] ?? [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const item of list) {
    if (typeof item !== "string") refuseValue(`Invalid value ${shown(item)} for parameter '${name}' supplied: it must be a list of strings`);
  }
  return list as readonly string[];
}

/** `max_results`: 1 to 50,000. MLflow reads a missing one as 0 where it has no default. */
export function maxResultsField(fields: RequestFields, byDefault: number): number {
  const value = fields["max_results"] ?? byDefault;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number > 0 && number <= mostResults) return number;
  const range = typeof number === "number" && number > mostResults ? `at most ${mostResults}` : "a positive integer";
  refuseValue(`Invalid value ${shown(value)} for parameter 'max_results' supplied. It must be ${range}`);
}

const views: Readonly<Record<string, readonly string[]>> = {
  ACTIVE_ONLY: ["active"],
  1: ["active"],
  DELETED_ONLY: ["deleted"],
  2: ["deleted"],
  ALL: ["active", "deleted"],
  3: ["active", "deleted"],
};

/** Lifecycle stages of a ViewType, by name or number. MLflow takes a word that it does not know as ACTIVE_ONLY. */
export function viewField(fields: RequestFields, name: string): readonly string[] {
  const view = String(fields[name] ?? "ACTIVE_ONLY");
  return (Object.hasOwn(views, view) ? views[view] : undefined) ?? ["active"];
}

function shown(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  return typeof value === "string" ? `'${value.slice(0, 100)}'` : (JSON.stringify(value)?.slice(0, 100) ?? String(value));
}
