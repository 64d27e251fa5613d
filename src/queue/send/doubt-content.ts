import type { Content } from "../chunk/content.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { RunState } from "./run-state.ts";

/** Notes that what a chunk writes may come to the server late, over what is written after it. */
export function doubtContent(note: LeaderNote, { id }: RunState, content: Content): void {
  const fields = fieldsOf(content);
  if (fields.length > 0) note.doubtFields(id, fields);
}

/** Fields of which the last write counts: keys of tags, and "" for the run's own. */
function fieldsOf(content: Content): readonly string[] {
  if (content.kind === "tags") return content.request.map(([key]) => key);
  if (content.kind === "untag") return [content.request];
  return content.kind === "update" ? [""] : [];
}
