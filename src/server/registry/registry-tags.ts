import type { Fields } from "../fields.ts";
import { checkKey } from "../tracking/check-key.ts";
import type { KeyValue } from "../tracking/tag-rows.ts";
import { checkLength } from "../tracking/text-length.ts";
import { registryLimits } from "./limits.ts";

/** A tag of a registered model or version, checked: other than those of runs, a long value is refused. */
export function registryTagOf(fields: Fields): KeyValue {
  const key = fields.requiredText("key");
  checkKey(key, fields.nameOf("key"));
  const value = fields.text("value") ?? "";
  checkLength(value, registryLimits.tagValue, fields.nameOf("value"));
  return { key, value };
}

/** The tags of something new; of equal keys the last counts. */
export function newRegistryTags(fields: Fields): readonly KeyValue[] {
  const byKey = new Map(
    fields
      .messages("tags")
      .map(registryTagOf)
      .map((tag) => [tag.key, tag]),
  );
  return [...byKey.values()];
}
