import { isSecretName } from "../recorder/environment/secret-names.ts";
import type { Secrets } from "../recorder/environment/secrets.ts";

/** What stands where a secret stood. */
const MASK = "***";

/**
 * Parameters as whoever may read the recording may see them: a secret among them is masked, and told. What is named like one
 * and can be none, such as `auth=none` or `pat=5`, stays.
 */
export function recordedParams(
  params: Readonly<Record<string, string>>,
  secrets: Secrets,
  warn: (text: string) => void,
): Record<string, string> {
  const entries = Object.entries(params).map(([name, value]) => {
    const isNamed =
      isSecretName(name) && value !== "" && !/^(?:-?[\d.]{1,5}|true|false|none|null|yes|no)$/i.test(value);
    const plain = isNamed ? MASK : secrets.redact(value).text;
    if (plain !== value) {
      const why = isNamed ? "is named like a secret" : "holds a secret";
      warn(
        `--param ${name} ${why}: its value is recorded as ${plain}; give the command its secrets by its environment`,
      );
    }
    return [name, plain] as const;
  });
  return Object.fromEntries(entries);
}
