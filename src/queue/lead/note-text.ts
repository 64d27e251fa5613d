import { fieldsKept } from "./doubt-fields.ts";
import type { Range } from "./ranges.ts";

/** Runs in doubt that are not named: all that the server has from one id to another. */
export interface MergedDoubt {
  readonly from: string;
  readonly to: string;
  readonly create: boolean;
  /** What is in doubt of any of them; left out, it is all that was set of each. */
  readonly fields?: readonly string[] | undefined;
}

/** What a leader leaves to the next one. */
export interface Note {
  readonly merged?: MergedDoubt | undefined;
  readonly doubts: readonly (readonly [run: string, create: boolean, fields: readonly string[]])[];
  readonly sent: readonly Range[];
  readonly parked?: readonly (readonly [run: string, reason: string])[];
}

/** Of another version, or damaged, it says nothing. */
export function parseNote(text: string | undefined): Note {
  try {
    const note = JSON.parse(text ?? "") as Note & { readonly version: number };
    const isMerged = typeof (note.merged?.from ?? "") === "string" && typeof (note.merged?.to ?? "") === "string";
    const isParked = Array.isArray(note.parked ?? []);
    if (note.version === 1 && Array.isArray(note.doubts) && Array.isArray(note.sent) && isMerged && isParked)
      return { ...note, doubts: note.doubts.map(([run, create, fields]) => [run, create, fieldsKept(fields)]) };
  } catch {}
  return { doubts: [], sent: [] };
}

/** The text of a note. */
export function noteText(note: Note): string {
  return JSON.stringify({ version: 1, ...note });
}
