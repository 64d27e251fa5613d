/** What stands left of a comparator: `metrics.acc` is entity `metrics`, key `acc`; a bare `status` has no entity. */
export interface Identifier {
  readonly entity: string | undefined;
  readonly key: string;
  readonly text: string;
}

/** Splits at the first dot outside quotes; an entity or key that is quoted as a whole loses its quotes. */
export function identifierOf(text: string): Identifier {
  const first = /^(?:`[^`]*`|"[^"]*"|[^.`"]+)(?=\.)/u.exec(text)?.[0];
  if (first === undefined) return { entity: undefined, key: unquoted(text), text };
  return { entity: unquoted(first), key: unquoted(text.slice(first.length + 1)), text };
}

function unquoted(text: string): string {
  const mark = text[0];
  const whole =
    (mark === "`" || mark === '"' || mark === "'") && text.length > 1 && text.indexOf(mark, 1) === text.length - 1;
  return whole ? text.slice(1, -1) : text;
}
