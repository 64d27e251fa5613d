import { canonicalText } from "./canonical-text.ts";
import { sha256 } from "./sha256.ts";

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
  return sha256(new TextEncoder().encode(canonicalText(params)), "name a run by its parameters");
}
