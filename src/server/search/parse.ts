import type { Comparator, Comparison, Entity, Field, Grammar } from "./grammar.ts";
import { identifierOf } from "./identifier.ts";
import { Refusal, refuseValue } from "../refusal.ts";
import { type Token, tokenise } from "./tokens.ts";

/** More would run into SQLite's limits on expression depth (100 in a Durable Object). */
const mostClauses = 90;
const words: ReadonlySet<string> = new Set(["LIKE", "ILIKE", "RLIKE", "IN", "NOT", "IS"]);

/**
 * Reads a filter of MLflow's search calls: clauses `identifier comparator value` joined by AND.
 * @throws Refusal that names the clause, for everything else (OR, NOT, parentheses, comments, semicolons).
 */
export function parseFilter(filter: string, grammar: Grammar): Comparison[] {
  const tokens = tokenise(filter);
  if (tokens.length === 0) refuseValue(`Invalid filter '${filter}'. Could not be parsed.`);
  const comparisons: Comparison[] = [];
  for (let at = 0; at < tokens.length; ) {
    const reader = new ClauseReader(tokens, at, filter);
    comparisons.push(reader.comparison(grammar));
    at = reader.at;
    if (at < tokens.length && !isWord(tokens[at], "AND")) throw reader.refusal();
    at += 1; // MLflow tolerates an AND with nothing after it
  }
  if (comparisons.length > mostClauses) {
    refuseValue(`Cannot search by ${comparisons.length} clauses: a filter must have at most ${mostClauses}`);
  }
  return comparisons;
}

/** Reads one clause from `at`. */
class ClauseReader {
  at: number;
  readonly #start: number;
  readonly #tokens: readonly Token[];
  readonly #filter: string;

  constructor(tokens: readonly Token[], start: number, filter: string) {
    this.#tokens = tokens;
    this.#start = start;
    this.#filter = filter;
    this.at = start;
  }

  comparison(grammar: Grammar): Comparison {
    const left = this.#next();
    const comparator = this.#comparator();
    if (left.kind !== "word") {
      refuseValue(`Invalid comparison clause. Expected 'Identifier' found '${left.text}'`);
    }
    const { field, key, entity } = fieldOf(left.text, grammar);
    if (comparator === "IS NULL" || comparator === "IS NOT NULL") {
      if (field.comparators.includes(comparator)) return { field, key, comparator, value: undefined };
      refuseValue(
        `${comparator} is not supported for ${entity.name} '${key}': it must be one of ${field.comparators.join(", ")}`,
      );
    }
    const value = this.#value(comparator, field, key, entity, grammar);
    if (!field.comparators.includes(comparator as Comparator)) {
      refuseValue(
        `Invalid comparator '${comparator}' for ${entity.name} '${key}': it must be one of ${field.comparators.join(", ")}`,
      );
    }
    return { field, key, comparator: comparator as Comparator, value };
  }

  /** The clause in MLflow's words, as far as it was meant to go. */
  refusal(): Refusal {
    let end = this.#start;
    while (end < this.#tokens.length && !isWord(this.#tokens[end], "AND")) end += 1;
    const rest = this.#tokens.slice(this.#start, end).map((token) => `'${token.text}'`);
    const shown = rest.length > 0 ? rest.join(", ") : `'${this.#filter}'`;
    return new Refusal(
      "INVALID_PARAMETER_VALUE",
      `Invalid clause(s) in filter string: ${shown}. Clauses "identifier comparator value" are joined by AND; ` +
        "OR, NOT, parentheses and comments are not part of the language, and keys with other characters than letters, " +
        "digits, '_' and '.' need backticks",
    );
  }

  #next(): Token {
    const token = this.#tokens[this.at];
    if (token === undefined) throw this.refusal();
    this.at += 1;
    return token;
  }

  #comparator(): string {
    const token = this.#next();
    if (token.kind === "operator") return token.text;
    const word = token.text.toUpperCase();
    if (token.kind !== "word" || !words.has(word)) throw this.refusal();
    if (word === "IS") {
      const negated = isWord(this.#tokens[this.at], "NOT");
      if (negated) this.at += 1;
      if (!isWord(this.#next(), "NULL")) throw this.refusal();
      return negated ? "IS NOT NULL" : "IS NULL";
    }
    if (word !== "NOT") return word;
    const second = this.#next().text.toUpperCase();
    if (second !== "IN" && second !== "LIKE" && second !== "ILIKE" && second !== "RLIKE") throw this.refusal();
    return `NOT ${second}`;
  }

  #value(
    comparator: string,
    field: Field,
    key: string,
    entity: Entity,
    grammar: Grammar,
  ): string | number | readonly string[] {
    const first = this.#next();
    if (first.kind === "open") {
      const list = this.#list();
      if (comparator === "IN" || comparator === "NOT IN") {
        if (field.comparators.includes(comparator)) return list;
        refuseValue(`Cannot compare ${entity.name} '${key}' with a list: ${comparator} is not supported for it`);
      }
      refuseValue(`Expected a quoted string value for ${entity.name} (e.g. 'my-value'). Got a list`);
    }
    const bare = grammar.unquotedText === true && (first.kind === "word" || first.kind === "number");
    const quoted = bare ? first.text : quotedText(first);
    if (field.type === "integer") {
      if (/^[+-]?\d+$/.test(quoted?.trim() ?? first.text)) return Number(quoted ?? first.text);
      refuseValue(`Expected an integer value for ${entity.name} '${key}'. Found ${first.text}`);
    }
    if (field.type === "number") {
      if (first.kind === "number" || (field.comparators.includes("IN") && quoted !== undefined)) {
        const number = Number(quoted ?? first.text);
        if (Number.isFinite(number)) return number;
      }
      if (first.kind === "operator" || first.kind === "other") throw this.refusal();
      refuseValue(`Expected numeric value type for ${entity.name} '${key}'. Found ${first.text}`);
    }
    if (quoted === undefined) {
      if (first.kind !== "word" && first.kind !== "number") throw this.refusal();
      refuseValue(
        `Expected a quoted string value for ${entity.name} '${key}' (e.g. 'my-value'). Got value ${first.text}`,
      );
    }
    if (comparator === "IN" || comparator === "NOT IN") {
      refuseValue(`Expected a list of quoted strings after ${comparator}. Got value ${first.text}`);
    }
    return quoted;
  }

  /** After the parenthesis: quoted strings between commas; MLflow tolerates one comma at the end. */
  #list(): string[] {
    const list: string[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === "close") break;
      const text = quotedText(token);
      if (text === undefined) {
        refuseValue(`While parsing a list in the query, expected string value. Got ${token.text}`);
      }
      list.push(text);
      const mark = this.#next();
      if (mark.kind === "close") break;
      if (mark.kind !== "comma") throw this.refusal();
    }
    if (list.length > 0) return list;
    refuseValue("While parsing a list in the query, expected a non-empty list of string values, but got empty list");
  }
}

/** Text of a string in single or double quotes; inner escapes stay as they are, as in MLflow. */
function quotedText(token: Token): string | undefined {
  if (token.kind === "string") return token.text.slice(1, -1);
  return token.kind === "word" && /^"[^"]*"$/u.test(token.text) ? token.text.slice(1, -1) : undefined;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === "word" && token.text.toUpperCase() === word;
}

function fieldOf(text: string, grammar: Grammar): { field: Field; key: string; entity: Entity } {
  const { entity: prefix, key } = identifierOf(text);
  const entity = grammar.entities.find((one) =>
    prefix === undefined ? one.name === grammar.bare : one.prefixes.includes(prefix),
  );
  if (entity === undefined) {
    const valid = grammar.entities.map((one) => `'${one.name}'`).join(", ");
    refuseValue(`Invalid entity type '${prefix}'. Valid values are [${valid}]`);
  }
  if (isField(entity.fields)) return { field: entity.fields, key, entity };
  const field = Object.hasOwn(entity.fields, key) ? entity.fields[key] : undefined;
  if (field !== undefined) return { field, key, entity };
  const valid = Object.keys(entity.fields)
    .sort()
    .map((one) => `'${one}'`)
    .join(", ");
  const keyed = prefix === undefined ? keyedHint(key, grammar) : "";
  const hint = key === "name" && Object.hasOwn(entity.fields, "run_name") ? "; use run_name" : keyed;
  refuseValue(`Invalid ${entity.name} key '${key}' specified. Valid keys are {${valid}}${hint}`);
}

/** A bare key is an attribute: whoever means a metric, param or tag must say so. */
function keyedHint(key: string, { entities }: Grammar): string {
  const quoted = /^[\w.]+$/.test(key) ? key : `\`${key}\``;
  const forms = entities.filter(({ fields }) => isField(fields)).map(({ prefixes }) => `${prefixes[0]}.${quoted}`);
  return forms.length === 0 ? "" : `; use ${forms.join(", ")} for a key that was logged`;
}

function isField(fields: Entity["fields"]): fields is Field {
  return typeof fields["condition"] === "function";
}
