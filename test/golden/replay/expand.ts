import type { Json } from "./scenario.ts";

/** Values captured from earlier answers, and those of the scenario. */
export type Variables = { readonly [name: string]: Json };

/** A step needs a value that no earlier answer gave. */
export class Unresolved extends Error {
  override name = "Unresolved";
  readonly variable: string;
  constructor(variable: string) {
    super(`no value for \${${variable}}`);
    this.variable = variable;
  }
}

type JsonObject = { [member: string]: Json };

/** Fills `${names}`, `$repeat`, `$fill`, `$json` and `$concat` in a request value. */
export function expand(value: Json, variables: Variables): Json {
  if (Array.isArray(value)) return value.map((item) => expand(item, variables));
  if (typeof value === "string") return expandText(value, variables);
  if (typeof value !== "object" || value === null) return value;
  if ("$repeat" in value) return repeat(value, variables);
  if ("$fill" in value) {
    const head = String(expand(value["prefix"] ?? "", variables));
    return head + String(value["$fill"]).repeat(Number(value["times"]) - [...head].length);
  }
  if ("$json" in value) return JSON.stringify(expand(value["$json"] ?? null, variables));
  if ("$concat" in value) return (value["$concat"] as Json[]).flatMap((part) => expand(part, variables) as Json[]);
  const members = Object.entries(value).map(([name, item]) => [
    String(expand(name, variables)),
    expand(item, variables),
  ]);
  return Object.fromEntries(members) as JsonObject;
}

function repeat(value: JsonObject, variables: Variables): Json {
  const first = Number(value["from"] ?? 0);
  return Array.from({ length: Number(value["$repeat"]) }, (_, index) =>
    expand(value["item"] ?? null, { ...variables, i: first + index }),
  );
}

/** A text that is only `${x}` keeps the value's type. */
function expandText(text: string, variables: Variables): Json {
  const whole = /^\$\{(\w+)\}$/u.exec(text)?.[1];
  if (whole !== undefined) return variable(whole, variables);
  return text.replace(/\$\{(\w+)\}/gu, (_, name: string) => String(variable(name, variables)));
}

function variable(name: string, variables: Variables): Json {
  const value = variables[name];
  if (value === undefined) throw new Unresolved(name);
  return value;
}
