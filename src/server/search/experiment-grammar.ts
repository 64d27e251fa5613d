import { compare, keyedText, numberColumn, textColumn } from "./condition.ts";
import type { Entity, Field, Grammar } from "./grammar.ts";
import { ownColumn } from "./order-by.ts";
import { refuseValue } from "../refusal.ts";

/** Ids are numbers in the database and quoted texts in filters. */
const experimentId: Field = {
  name: "experiment_id",
  type: "text",
  comparators: ["=", "!=", "IN", "NOT IN"],
  condition: (comparison) => compare("CAST(experiments.experiment_id AS TEXT)", comparison),
};

const attribute: Entity = {
  name: "attribute",
  prefixes: ["attribute"],
  fields: {
    name: textColumn("experiments.name"),
    experiment_id: experimentId,
    creation_time: numberColumn("experiments.creation_time"),
    last_update_time: numberColumn("experiments.last_update_time"),
  },
};
const tag: Entity = {
  name: "tag",
  prefixes: ["tags", "tag"],
  fields: keyedText({ table: "experiment_tags", on: "t.experiment_id = experiments.experiment_id" }),
};

const orderKeys: readonly string[] = ["creation_time", "experiment_id", "last_update_time", "name"];

/** What experiments are searched and ordered by. Rows are `experiments`. */
export const experimentGrammar: Grammar = {
  noun: "experiments",
  entities: [attribute, tag],
  bare: "attribute",
  order(prefix, key) {
    if (prefix !== undefined && !attribute.prefixes.includes(prefix)) {
      refuseValue(`Invalid order_by entity: ${prefix}`);
    }
    if (orderKeys.includes(key)) return ownColumn(`experiments.${key}`);
    const valid = orderKeys.map((one) => `'${one}'`).join(", ");
    refuseValue(`Invalid attribute key '${key}' specified. Valid keys are {${valid}}`);
  },
};
