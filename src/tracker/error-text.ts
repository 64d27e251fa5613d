/** What a tag says about an error: its name and message, not its stack. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return typeof error === "string" ? error : `${typeof error} was thrown`;
}
