import type { Fields } from "../fields.ts";
import { refuseValue } from "../refusal.ts";

/** Largest page of runs and experiments. */
const mostResults = 50_000;

/**
 * `max_results`: 1 to 50,000 unless told otherwise. A missing one is `byDefault`; MLflow reads it as 0 where it has no
 * default.
 */
export function maxResultsField(
  fields: Fields,
  byDefault: number,
  { least = 1, most = mostResults }: { readonly least?: number; readonly most?: number } = {},
): number {
  const value = fields.int64("max_results") ?? byDefault;
  if (value >= least && value <= most) return Number(value);
  const range = value > most ? `at most ${most}` : least === 0 ? "no negative integer" : "a positive integer";
  refuseValue(`Invalid value ${value} for parameter 'max_results' supplied. It must be ${range}`);
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
export function viewField(fields: Fields, name: string): readonly string[] {
  const view = String(fields.raw(name) ?? "ACTIVE_ONLY");
  return (Object.hasOwn(views, view) ? views[view] : undefined) ?? ["active"];
}
