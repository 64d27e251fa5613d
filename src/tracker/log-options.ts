import { textOf } from "./entries.ts";
import type { Guard } from "./guard.ts";

/** A log call whose options are looked at. */
export interface LogCall {
  /** Our id of the run. */
  readonly run: string;
  /** Such as `the metric "loss"`. */
  readonly what: string;
  readonly key: string;
  /** The options that there are, parted by spaces. */
  readonly names: string;
  /** How they are written. */
  readonly example: string;
}

/**
 * Tells of options that are none, such as a step where Python has it, and of those that there are not; what they are for is
 * logged without them. @throws ValidationError when strict
 */
export function checkLogOptions(guard: Guard, options: unknown, { run, what, key, names, example }: LogCall): void {
  if (options === undefined || options === null) return;
  const known = names.split(" ");
  const isObject = typeof options === "object";
  const wrong = isObject ? Object.keys(options).find((name) => !known.includes(name)) : "";
  if (wrong === undefined) return;
  const shown = typeof options === "string" ? JSON.stringify(options.slice(0, 40)) : textOf(options).slice(0, 40);
  const message = isObject
    ? `Cannot use the unknown option ${wrong.slice(0, 40)} of ${what}: use ${known.join(", ")}`
    : `Cannot use the options of ${what} as they must be an object: current value is ${shown}; use ${example}`;
  guard.warn({ kind: "invalid-value", message, key, run }, `options ${names} ${wrong}`);
}
