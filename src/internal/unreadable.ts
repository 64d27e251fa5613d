/** True for what reading a Blob throws whose file is gone or was written since it was opened, in Node, Deno and pages. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "NotReadableError" || error.name === "NotFoundError");
}
