import { ValidationError } from "./usage-errors.ts";

/** Says that a file was written while it was read, and may be in two halves of different age. */
export function changedFile(what: string, path: string, cause?: unknown): ValidationError {
  return new ValidationError(
    `Cannot log the ${what} ${JSON.stringify(path)} as the file must not change while it is read, and did: log it again once it is written`,
    { key: path, ...(cause !== undefined && { cause }) },
  );
}

/** Says that the file of a Blob which somebody else opened is gone, or was written since. */
export function changedBlob(what: string, cause: unknown): ValidationError {
  return new ValidationError(
    `Cannot log the ${what} as the file of its Blob must not change, and did: open it again, once it is written`,
    { cause },
  );
}
