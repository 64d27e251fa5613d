import { ValidationError } from "../errors/usage-errors.ts";

/** What may stand in a filter: text, a finite number, a time, a list for `IN`, or a key made by `filter.key`. */
export type FilterValue = string | number | Date | FilterKey | readonly string[];

/** A metric, param or tag key, quoted for a filter. */
export interface FilterKey {
  /** The key in backticks. */
  readonly quotedKey: string;
}

/** The `filter` tag and what goes with it. */
export interface Filter {
  /**
   * Writes a search filter with its values quoted as MLflow reads them.
   *
   * @throws ValidationError when a value cannot be written in MLflow's filter language.
   */
  (parts: TemplateStringsArray, ...values: readonly FilterValue[]): string;
  /** Quotes a key, which keys with other characters than letters, digits, "_" and "." need. */
  key(key: string): FilterKey;
  /** Joins conditions with AND; undefined and empty ones are left out. MLflow has no OR and no parentheses. */
  and(...conditions: readonly (string | undefined)[]): string;
}

/**
 * Template tag for search filters: values are quoted as MLflow reads them, so that no value can change the condition.
 *
 * @example
 * ```ts
 * import { filter } from "tracklet/client";
 *
 * const optimizer = "adam";
 * console.log(filter`params.optimizer = ${optimizer} AND metrics.${filter.key("val/loss")} < ${0.5}`);
 * // params.optimizer = 'adam' AND metrics.`val/loss` < 0.5
 * ```
 */
export const filter: Filter = Object.assign(
  (parts: TemplateStringsArray, ...values: readonly FilterValue[]): string =>
    parts.reduce((text, part, index) => text + quote(values[index - 1] as FilterValue) + part),
  {
    key: (key: string): FilterKey => {
      if (key === "" || /[`"\\]/.test(key)) {
        throw refused(key, "a key without backticks, double quotes and backslashes");
      }
      return { quotedKey: `\`${key}\`` };
    },
    and: (...conditions: readonly (string | undefined)[]): string =>
      conditions.filter((condition) => condition !== undefined && condition.trim() !== "").join(" AND "),
  },
);

function quote(value: FilterValue): string {
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "number" && Number.isFinite(value)) return quoteNumber(value);
  if (value instanceof Date && Number.isFinite(value.getTime())) return String(value.getTime());
  if (Array.isArray(value) && value.length > 0) return `(${value.map(quoteText).join(", ")})`;
  if (typeof value === "object" && value !== null && "quotedKey" in value) return value.quotedKey;
  throw refused(value, "text, a finite number, a date, a list of texts that is not empty, or filter.key()");
}

/** MLflow's strings have no escapes: the quote that the text does not hold is taken. */
function quoteText(text: unknown): string {
  if (typeof text !== "string") throw refused(text, "text");
  // The lexer takes a backslash before the closing quote for an escape, and reads on into the next condition.
  if (text.endsWith("\\")) throw refused(text, "text without a backslash at its end");
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  throw refused(
    text,
    `text with one kind of quotes at most: MLflow has no escape for them. LIKE with "_" in their place finds it`,
  );
}

/** The grammar knows no "1e+21". */
function quoteNumber(value: number): string {
  return String(Object.is(value, -0) ? 0 : value).replace("e+", "e");
}

function refused(value: unknown, must: string): ValidationError {
  const shown = typeof value === "string" ? `"${value.slice(0, 100).toWellFormed()}"` : String(value);
  return new ValidationError(`Cannot write a filter as a value must be ${must}: current value is ${shown}`);
}
