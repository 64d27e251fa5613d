import { ConfigurationError } from "../errors/usage-errors.ts";
import { checkAllOptions, type OptionRules } from "../tracker/check-options.ts";

/** The rule of an option that is a tracker with this method, or opens one. */
export function trackerWith(method: string): (value: unknown) => string | false {
  return (value) => {
    const { [method]: found, then } = Object(value) as Record<string, unknown>;
    if (typeof value === "function" || typeof found === "function") return false;
    const promised =
      typeof then === "function" ? ", and not the promise of one (await it, or give openTracker itself)" : "";
    return `a tracker, or what opens one such as openTracker${promised}`;
  };
}

/**
 * Checks all options, of which some must be there.
 *
 * @param needed What they must be, by name.
 * @param example Of options that work.
 * @throws ConfigurationError with the cure
 */
export function checkGiven(
  given: unknown,
  rules: OptionRules,
  needed: Readonly<Record<string, string>>,
  example: string,
): void {
  if (typeof given !== "object" || given === null) {
    throw new ConfigurationError(
      `Cannot use the options as they must be an object such as ${example}: current value is ${given === null ? "null" : typeof given}`,
    );
  }
  checkAllOptions(given, rules);
  for (const [name, must] of Object.entries(needed)) {
    if ((given as Record<string, unknown>)[name] !== undefined) continue;
    throw new ConfigurationError(`Cannot use the option ${name} as it must be ${must}: it is missing`);
  }
}
