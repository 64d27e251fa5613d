/** The words of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A message that another sentence follows: one that asks or ends already gets no period. */
export function sentence(error: unknown): string {
  return messageOf(error)
    .trimEnd()
    .replace(/([^.?!])$/, "$1.");
}
