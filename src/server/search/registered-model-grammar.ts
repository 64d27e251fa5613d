import { keyedText, listComparators, textColumn, textComparators } from "./condition.ts";
import type { Entity, Grammar } from "./grammar.ts";
import { ownColumn } from "./order-by.ts";
import { withoutPrompts } from "./prompt-scope.ts";
import { refuseValue } from "../refusal.ts";

const attribute: Entity = {
  name: "attribute",
  prefixes: ["attribute"],
  fields: { name: textColumn("registered_models.name", listComparators) },
};
const tag: Entity = {
  name: "tag",
  prefixes: ["tags", "tag"],
  fields: keyedText(
    {
      table: "registered_model_tags",
      on: "t.workspace = registered_models.workspace AND t.name = registered_models.name",
    },
    textComparators,
  ),
};

const hidden: string =
  "EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.workspace = registered_models.workspace " +
  "AND p.name = registered_models.name AND p.key = ? AND p.value = 'true')";

const orderColumns: Readonly<Record<string, string>> = {
  name: "registered_models.name",
  timestamp: "registered_models.last_updated_time",
  last_updated_timestamp: "registered_models.last_updated_time",
};

/** What registered models are searched and ordered by. Rows are `registered_models`. */
export const registeredModelGrammar: Grammar = {
  noun: "registered models",
  entities: [attribute, tag],
  bare: "attribute",
  rewrite: (comparisons) => withoutPrompts(comparisons, hidden),
  order(prefix, key) {
    const column = prefix === undefined && Object.hasOwn(orderColumns, key) ? orderColumns[key] : undefined;
    if (column !== undefined) return ownColumn(column);
    const shown = prefix === undefined ? key : `${prefix}.${key}`;
    refuseValue(`Invalid order by key '${shown}' specified. Valid keys are {'name', 'timestamp'}`);
  },
};
