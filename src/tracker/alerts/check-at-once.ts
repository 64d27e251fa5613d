import type { Core } from "../core.ts";
import { checkRule } from "./check-rule.ts";

/** Has a strict tracker look at alert rules at once; where this is not called, they are looked at when their code is there. */
export function checkAtOnce(core: Core): void {
  if (core.options.strict === true) core.mustBeRule = checkRule;
}
