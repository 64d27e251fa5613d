import { ConfigurationError } from "../errors/usage-errors.ts";
import { canonicalText } from "./canonical-text.ts";

/**
 * The name of the run that trains with these parameters: SHA-256 of their canonical text (JSON with sorted keys and
 * without spaces), as 64 hex digits. Equal parameters have one name on every machine and in every version.
 *
 * @throws ParamsError for parameters that JSON would lose.
 *
 * @example
 * ```ts
 * import { paramsHash } from "tracklet/finetuning";
 *
 * console.log((await paramsHash({ lr: 0.1, layers: 2 })) === (await paramsHash({ layers: 2, lr: 1e-1 }))); // true
 * ```
 */
export async function paramsHash(params: object): Promise<string> {
  // Pages without https lack it.
  if (globalThis.crypto?.subtle === undefined)
    throw new ConfigurationError(
      "Cannot name a run by its parameters as crypto.subtle must be there: serve the page by https or from localhost",
    );
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonicalText(params)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
