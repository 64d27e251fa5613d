import type { Content } from "../chunk/content.ts";
import { ownField } from "../lead/doubt-fields.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { RunState } from "./run-state.ts";

/** Notes that what a chunk writes may come to the server late, over what is written after it. */
export function doubtContent(note: LeaderNote, { id }: RunState, content: Content): void {
  const fields = fieldsOf(content);
  if (fields.length > 0) note.doubtFields(id, fields);
}

/** Fields of which the last write counts. */
function fieldsOf(content: Content): readonly string[] {
  if (content.kind === "tags") return content.request.map(([key]) => key);
  if (content.kind === "untag") return [content.request];
  return content.kind === "update" ? Object.keys(content.request).map(ownField) : [];
}
