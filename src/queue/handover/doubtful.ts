import { encodeRequest } from "../chunk/chunk-codec.ts";
import type { ChunkKind } from "../chunk/request.ts";
import { OWN_FIELDS, ownFieldOf } from "../lead/doubt-fields.ts";
import { parseNote } from "../lead/note-text.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { QueueStore } from "../storage.ts";
import { type Parcel, SENT } from "./parcel.ts";

const PAGE = 256;

type Draft = Parcel["chunks"][number];

/** Where what is known of runs is found, and what the drafts get. */
export interface DoubtfulParts {
  /** Gives the mapping of a run, after which its state is in `desired`. */
  readonly meet: (run: string) => Promise<RunMapping | undefined>;
  readonly desired: ReadonlyMap<string, DesiredRun>;
  readonly now: number;
  /** Sequence of the first draft. */
  readonly next: number;
}

/**
 * What an older request of the leader before may still overwrite is written once more, as something that may have been
 * sent before: whoever sends it then makes sure of it.
 */
export async function doubtful(store: QueueStore, { meet, desired, now, next }: DoubtfulParts): Promise<Draft[]> {
  const drafts: Draft[] = [];
  const { doubts, merged } = parseNote(await store.note());
  // Without fields it is all that was set of the run.
  const add = async (run: string, create: boolean, fields: readonly string[] | undefined): Promise<void> => {
    const mapping = await meet(run);
    if (!mapping) return;
    const again = (kind: ChunkKind, request: unknown): void => {
      const body = encodeRequest(request);
      const sequence = next + drafts.length;
      drafts.push({ sequence, run, kind, count: 0, at: now, sealed: true, body, attempted: SENT });
    };
    const { experimentId: id, model } = mapping;
    if (create) again("create", { localId: run, experiment: { id }, startTime: 0, tags: {} });
    // A logged model has no fields of its own that are set twice.
    if (model) return;
    const { tags = {}, ...own } = desired.get(run) ?? {};
    for (const field of fields ?? [...OWN_FIELDS, ...Object.keys(tags)]) {
      const value = tags[field];
      const name = ownFieldOf(field);
      // Each by itself: what is refused is set aside with nothing else.
      if (name) {
        if (own[name] !== undefined) again("update", { [name]: own[name] });
      } else if (value === null) again("untag", field);
      else if (value !== undefined) again("tags", [[field, value, 0]]);
    }
  };
  for (const [run, create, fields] of doubts) await add(run, create, fields);
  if (merged)
    for await (const run of mapped(store, merged.from, merged.to)) await add(run, merged.create, merged.fields);
  return drafts;
}

/** Our ids of all runs that the server has, from one to another. */
async function* mapped(store: QueueStore, first: string, last: string): AsyncGenerator<string> {
  yield first;
  for (let after = first; ; ) {
    const page = await store.mappings(after, PAGE);
    for (const { localId } of page) {
      if (localId > last) return;
      yield localId;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.localId;
  }
}
