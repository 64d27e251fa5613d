import { ValidationError } from "../errors/usage-errors.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";

/** The rows for which `keep` is true. @throws ValidationError when it is no function */
export function keptRows<Row>(rows: readonly Row[], keep: (row: Row) => boolean, example: string, cure = ""): Row[] {
  if (typeof keep === "function") return rows.filter((row) => keep(row));
  const given = typeof keep === "string" ? quote(keep) : textOf(keep);
  throw new ValidationError(
    `Cannot filter rows as keep must be a function such as ${example}: current value is ${given}${cure}`,
  );
}
