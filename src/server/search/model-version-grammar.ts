import { keyedText, listComparators, numberColumn, textColumn, textComparators } from "./condition.ts";
import type { Entity, Grammar } from "./grammar.ts";
import { ownColumn } from "./order-by.ts";
import { withoutPrompts } from "./prompt-scope.ts";
import { refuseValue } from "../refusal.ts";

const attribute: Entity = {
  name: "attribute",
  prefixes: ["attribute"],
  fields: {
    name: textColumn("model_versions.name", listComparators),
    run_id: textColumn("model_versions.run_id", listComparators),
    source_path: textColumn("model_versions.source"),
    version_number: { ...numberColumn("model_versions.version"), type: "integer" },
  },
};
const tag: Entity = {
  name: "tag",
  prefixes: ["tags", "tag"],
  fields: keyedText(
    {
      table: "model_version_tags",
      on: "t.workspace = model_versions.workspace AND t.name = model_versions.name AND t.version = model_versions.version",
    },
    textComparators,
  ),
};

/** One version that is a prompt hides all of its name. */
const hidden: string =
  "EXISTS (SELECT 1 FROM model_version_tags p WHERE p.workspace = model_versions.workspace " +
  "AND p.name = model_versions.name AND p.key = ? AND p.value = 'true')";

const orderColumns: Readonly<Record<string, string>> = {
  creation_timestamp: "model_versions.creation_time",
  last_updated_timestamp: "model_versions.last_updated_time",
  name: "model_versions.name",
  version_number: "model_versions.version",
};

/** What versions of registered models are searched and ordered by. Rows are `model_versions`. */
export const modelVersionGrammar: Grammar = {
  noun: "model versions",
  entities: [attribute, tag],
  bare: "attribute",
  rewrite: (comparisons) => withoutPrompts(comparisons, hidden),
  order(prefix, key) {
    if (prefix !== undefined && !attribute.prefixes.includes(prefix)) refuseValue(`Invalid order_by entity: ${prefix}`);
    const column = Object.hasOwn(orderColumns, key) ? orderColumns[key] : undefined;
    if (column !== undefined) return ownColumn(column);
    const valid = Object.keys(orderColumns).map((one) => `'${one}'`);
    refuseValue(`Invalid attribute key '${key}' specified. Valid keys are {${valid.join(", ")}}`);
  },
};
