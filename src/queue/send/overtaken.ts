import type { KeyCounts } from "../account/key-counts.ts";
import { encodeRequest } from "../chunk/chunk-codec.ts";
import { type Content, keysOf } from "../chunk/content.ts";
import type { Requests } from "../chunk/request.ts";
import type { ChildDraft, ChunkHeader } from "../chunk/stored-chunk.ts";
import type { DesiredRun } from "../run-mapping.ts";
import { rowsDraft } from "./after-refusal.ts";

/** What of a chunk was written again since. */
export interface Overtaken {
  /** What it stands for in receipts. */
  readonly keys: KeyCounts;
  /** Calls. */
  readonly count: number;
  /** What is left of the chunk; undefined when that is nothing. */
  readonly rest: ChildDraft | undefined;
}

/** Parts a chunk by the state that its run shall have; undefined when nothing of it was written again. */
export function overtakenBy(
  { tags = {}, ...own }: DesiredRun,
  content: Content,
  { count }: Pick<ChunkHeader, "count">,
): Overtaken | undefined {
  const stands = (key: string, value: string | null): boolean => !Object.hasOwn(tags, key) || tags[key] === value;
  const { kind } = content;
  if (kind === "untag")
    return stands(content.request, null) ? undefined : { keys: keysOf(content), count, rest: undefined };
  if (kind === "tags") {
    const rows = content.request.filter(([key, value]) => stands(key, value));
    const gone = content.request.filter((row) => !rows.includes(row));
    if (gone.length === 0) return undefined;
    const rest = rows.length > 0 ? rowsDraft(kind, rows) : undefined;
    return { keys: keysOf({ kind, request: gone }), count: count - (rest?.count ?? 0), rest };
  }
  if (kind !== "update") return undefined;
  const fields = Object.entries(content.request);
  const left = fields.filter(([name, value]) => {
    const last = own[name as keyof Requests["update"]];
    return last === undefined || last === value;
  });
  if (left.length === fields.length) return undefined;
  if (left.length === 0) return { keys: [], count, rest: undefined };
  return { keys: [], count: 0, rest: { kind, count, body: encodeRequest(Object.fromEntries(left)) } };
}
