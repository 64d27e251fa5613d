/**
 * Writes what the library itself has to say. That nobody reads it any more (`node train.mjs 2>&1 | head`) is no error of
 * the program: unheard, the stream's error would end it, and reporting that would fail in the same way again.
 */
export function writeQuietly(stream: NodeJS.WriteStream, text: string): void {
  const ignore = (): void => {};
  stream.on("error", ignore);
  try {
    // The error event comes after the callback. What the program itself writes later fails as it would have.
    stream.write(text, () => setTimeout(() => stream.off("error", ignore), 0).unref?.());
  } catch {
    stream.off("error", ignore);
  }
}
