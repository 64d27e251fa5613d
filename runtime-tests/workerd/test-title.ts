/**
 * Title of one case of `test.each`, as vitest writes it: `%s %d %i %f %j %o %# %%` take the arguments in order,
 * `$name` a field of the first.
 */
export function titleOf(template: string, args: readonly unknown[], index: number): string {
  let next = 0;
  const filled = template.replace(/%([sdifjoO#$%])/g, (whole, kind: string) => {
    if (kind === "%") return "%";
    if (kind === "#") return String(index);
    if (kind === "$") return String(index + 1);
    if (next >= args.length) return whole;
    const value = args[next++];
    if (kind === "j" || kind === "o" || kind === "O") return json(value);
    if (kind === "d" || kind === "f") return String(Number(value));
    if (kind === "i") return String(Math.trunc(Number(value)));
    return typeof value === "object" ? json(value) : String(value);
  });
  const first = args[0];
  if (typeof first !== "object" || first === null) return filled;
  return filled.replace(/\$([\w.]+)/g, (whole, path: string) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], first);
    return value === undefined ? whole : typeof value === "string" ? value : json(value);
  });
}

/** One case of `test.each`: what its title is filled with, and what the test gets. */
export interface EachCase {
  readonly items: readonly unknown[];
  readonly args: readonly unknown[];
}

/** As in vitest, cases are spread into arguments only when every one of them is an array. */
export function casesOf(cases: readonly unknown[]): EachCase[] {
  const spread = cases.every((entry) => Array.isArray(entry));
  return cases.map((entry) => ({
    items: Array.isArray(entry) ? entry : [entry],
    args: spread ? (entry as unknown[]) : [entry],
  }));
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? String(value);
}
