import { promptTag } from "../registry/prompts.ts";
import type { Comparison, Field } from "./grammar.ts";

/**
 * Searches of the model registry hide prompts, which are kept as registered models with a tag, unless the filter asks
 * for them by that tag. Whatever else it says of the tag is left out.
 *
 * @param hidden SQL that is true for what is a prompt.
 */
export function withoutPrompts(comparisons: readonly Comparison[], hidden: string): readonly Comparison[] {
  const first = comparisons.find(isAboutPrompts);
  const value = String(first?.value).toLowerCase();
  if ((first?.comparator === "=" && value === "true") || (first?.comparator === "!=" && value === "false")) {
    return comparisons;
  }
  const noPrompt: Field = {
    name: "prompt",
    type: "text",
    comparators: [],
    condition: () => ({ sql: `NOT ${hidden}`, values: [promptTag] }),
  };
  const others = comparisons.filter((comparison) => !isAboutPrompts(comparison));
  return [...others, { field: noPrompt, key: promptTag, comparator: "=", value: undefined }];
}

function isAboutPrompts({ key, field }: Comparison): boolean {
  return key === promptTag && field.name.endsWith("_tags");
}
