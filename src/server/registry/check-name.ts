import { show } from "../fields.ts";
import { refuseValue } from "../refusal.ts";
import { checkLength } from "../tracking/text-length.ts";
import { registryLimits } from "./limits.ts";

/** Refuses a name that no registered model can have: it stands in `models:/name/version`. */
export function checkModelName(name: string, field = "name"): void {
  if (name.trim() === "") refuseValue(`Missing value for required parameter '${field}'`);
  if (/[/:]/.test(name)) refuseValue(`Invalid model name ${show(name)}: names cannot contain '/' or ':'`);
  if (name === "." || name.startsWith("..")) {
    refuseValue(
      `Invalid model name ${show(name)}: names may be used as file paths, so they cannot be "." or begin with ".."`,
    );
  }
}

/** Refuses what is not written as an alias. */
export function checkAlias(alias: string): void {
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    refuseValue(
      `Invalid alias name ${show(alias)}: it may only contain letters, digits, underscores (_) and dashes (-)`,
    );
  }
  checkLength(alias, registryLimits.alias, "Registered model alias name");
}

/** Refuses an alias that `models:/name@alias` reads in its own way. */
export function checkNewAlias(alias: string): void {
  checkAlias(alias);
  if (alias.toLowerCase() === "latest") refuseValue("Cannot set the alias 'latest' as it is reserved, in any case");
  if (/^v\p{Nd}+$/iu.test(alias)) {
    refuseValue(`Cannot set the alias '${alias}' as names of the form v1 are reserved for versions`);
  }
}

/** The number in a version, by Python's rules: "01" and " 1 " are 1. */
export function versionOf(text: string): number {
  if (/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(text)) return Number(text.replaceAll("_", ""));
  refuseValue(`Parameter 'version' must be an integer, got ${show(text)}`);
}
