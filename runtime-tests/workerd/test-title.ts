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

function json(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? String(value);
}
