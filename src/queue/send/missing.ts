import { NotFoundError } from "../../errors/network-errors.ts";
import type { Settle } from "./after-refusal.ts";

/** True for MLflow's own word that something is not there: a proxy has pages with 404 of its own. */
export function isMissing(error: unknown): boolean {
  return error instanceof NotFoundError && error.errorCode === "RESOURCE_DOES_NOT_EXIST";
}

/** Gives undefined for what is missing; anything else that went wrong is thrown. */
export function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** What `get` gives; undefined when it is missing at a second look, too: a replica may not have heard of it at the first. */
export async function lookTwice<T>(get: () => Promise<T>, settle: Settle): Promise<T | undefined> {
  return (await get().catch(unlessMissing)) ?? (await settle().then(get).catch(unlessMissing));
}
