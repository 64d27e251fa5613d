import type { ViewType } from "../types/entities.ts";

const words: Readonly<Record<ViewType, string>> = { active: "ACTIVE_ONLY", deleted: "DELETED_ONLY", all: "ALL" };

/** MLflow's word. It takes an unknown one for ACTIVE_ONLY without saying so; a type error of ours says so. */
export function fromViewType(view: ViewType | undefined): string | undefined {
  if (view === undefined) return undefined;
  const word = Object.hasOwn(words, view) ? words[view] : undefined;
  if (word === undefined)
    throw new TypeError(`Cannot search as view must be "active", "deleted" or "all": current value is "${view}"`);
  return word;
}
