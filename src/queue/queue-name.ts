import { fnv64 } from "../internal/fnv64.ts";

const LONGEST_PLACE = 40;

/**
 * Name of the database, file or lock of a queue: a readable part, and a 64-bit hash of the destination and of the
 * partition, so that two servers, or two users of one device, never share a queue.
 *
 * @param destination Tracking URI. Trailing slashes, case of the host and a password make no difference.
 * @param partition Whose data it is, where one device serves several: the id of a user, or of a workspace.
 */
export function queueName(destination: string, partition?: string): string {
  const { identity, place } = normalised(destination);
  // As JSON, so that no destination with a partition reads like another destination.
  const hash = fnv64(JSON.stringify([identity, partition ?? null]));
  return `tracklet-${place}-${hash}`;
}

/** What tells destinations apart, and what a person recognises; neither holds a secret. */
function normalised(destination: string): { identity: string; place: string } {
  let url: URL;
  try {
    url = new URL(destination);
  } catch {
    return { identity: destination, place: readable(destination) };
  }
  url.password = "";
  url.hash = "";
  return { identity: url.href.replace(/\/+$/, ""), place: readable(url.host || url.protocol) };
}

function readable(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
  return plain.slice(0, LONGEST_PLACE).replace(/^[-.]+|[-.]+$/g, "") || "queue";
}
