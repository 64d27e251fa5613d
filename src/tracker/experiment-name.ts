import { codePoints, limits } from "../client/limits.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";

/** The name itself. @throws ConfigurationError if MLflow would refuse it. */
export function experimentName(name: string): string {
  if (typeof name === "string" && name !== "" && codePoints(name) <= limits.experimentNameLength)
    return name.toWellFormed();
  const shown = typeof name === "string" ? `a text of ${codePoints(name)}` : String(name);
  throw new ConfigurationError(
    `Cannot use the name of the experiment as it must have 1 to 500 characters: current value is ${shown}`,
  );
}
