import { refuseValue } from "../refusal.ts";
import { limits } from "./limits.ts";
import { checkLength } from "./text-length.ts";

/** Python's word characters of any script, and what MLflow allows beside them. */
const alphabet = /^[/\p{L}\p{N}_.\- :]*$/u;
/** An empty, `.` or `..` segment, or a leading `..`: the key would be another path once normalised. */
const unstable = /(?:^|\/)\.{0,2}(?:\/|$)|^\.\./;

/**
 * Checks the key of a metric, param or tag by MLflow's rules: it must also be usable as a relative file path.
 *
 * @param field The name of the field in the request, such as `metrics[3].key`.
 */
export function checkKey(key: string, field: string): void {
  if (!alphabet.test(key)) {
    refuseValue(
      `Invalid value ${JSON.stringify(key.slice(0, 300))} for parameter '${field}' supplied: names may only contain letters and digits of any script, underscores (_), dashes (-), periods (.), spaces ( ), colons (:) and slashes (/)`,
    );
  }
  if (unstable.test(key)) {
    refuseValue(
      `Invalid value ${JSON.stringify(key.slice(0, 300))} for parameter '${field}' supplied: names may be used as file paths, so no part between slashes may be empty, "." or ".."`,
    );
  }
  checkLength(key, limits.key, field);
}
