import type { RunChange } from "../types.ts";

// Fields of a run of which the last write counts, as doubts name them: a tag by its key, one of its own by a word that no
// tag can have as its key.

/** A field of a run itself. */
export type OwnField = keyof RunChange;

const OWN = "\0";
/** All of them, as they were named before, and are to those who know no other word. */
const ANY = "";

/** What a doubt calls a field of a run itself. */
export function ownField(name: string): string {
  return OWN + name;
}

/** All fields of a run itself. */
export const OWN_FIELDS: readonly string[] = ["name", "status", "endTime"].map(ownField);

/** Which field of a run itself a doubt is about; undefined for a tag. */
export function ownFieldOf(field: string): OwnField | undefined {
  return field.startsWith(OWN) ? (field.slice(OWN.length) as OwnField) : undefined;
}

/** Fields as they are kept. */
export function keptFields(fields: Iterable<string>): readonly string[] {
  const all = [...fields];
  return all.some(ownFieldOf) ? [ANY, ...all] : all;
}

/** Fields as they were kept. */
export function fieldsKept(kept: readonly string[]): readonly string[] {
  const others = kept.filter((field) => field !== ANY);
  return others.length === kept.length || others.some(ownFieldOf) ? others : [...others, ...OWN_FIELDS];
}

/** For people. */
export function namesOf(fields: Iterable<string>): string {
  const names = [...fields].map((field) => {
    const own = ownFieldOf(field);
    return own ? `its ${own}` : `tag ${JSON.stringify(field)}`;
  });
  return names.join(", ");
}
