import type { Destination } from "../destination.ts";
import type { Writing } from "./indexed-db-connection.ts";
import { put } from "./indexed-db-requests.ts";

/** Keeps a destination unless there is one, or in its place, and gives the one that stands. */
export async function keepDestination(
  transaction: Writing,
  destination: Destination,
  anew: boolean,
): Promise<Destination> {
  const stands = anew ? undefined : await transaction.objectStore("meta").get("destination");
  if (typeof stands === "object") return stands;
  put(transaction, "meta", destination, "destination");
  return destination;
}
