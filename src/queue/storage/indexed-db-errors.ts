import { StorageError, type StorageFault } from "../../errors/usage-errors.ts";
import { StaleTermError } from "../storage.ts";

const faults: Readonly<Record<string, StorageFault>> = {
  QuotaExceededError: "full",
  VersionError: "newer",
  SecurityError: "denied",
  NotAllowedError: "denied",
  NotReadableError: "damaged",
  DataError: "damaged",
};

const cures: Readonly<Record<StorageFault, string>> = {
  busy: "another page holds it",
  full: "the quota of this origin is used up (QuotaExceededError): free some of it, or let the queue drain",
  denied: "this page may not use IndexedDB (private window, sandboxed frame or blocked site data)",
  damaged: "the browser cannot read it any more: clear the data of this site",
  newer: "a newer tracklet made it: reload the page, or update tracklet",
  timeout: "it gives no answer",
};

/** True when the handle is of no use any more, while the database may be. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error || error instanceof DOMException)) return false;
  return (
    error.name === "InvalidStateError" ||
    (/^(UnknownError|AbortError)$/.test(error.name) && /connection|closing|lost|server/i.test(error.message))
  );
}

/** The error for the caller of a storage. */
export function storageError(error: unknown, name: string): Error {
  if (error instanceof StaleTermError || error instanceof StorageError) return error;
  const { name: kind = "", message = String(error) } = (error ?? {}) as Partial<Error>;
  const fault = faults[kind];
  const reason = fault === undefined ? `${kind}: ${message}` : cures[fault];
  return new StorageError(`Cannot use the queue in IndexedDB "${name}" as ${reason}`, {
    cause: error,
    ...(fault && { fault }),
  });
}
