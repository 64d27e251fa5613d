import { StorageError } from "../errors/usage-errors.ts";
import type { Parcel } from "../queue/handover/parcel.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";
import { encodeParcel } from "./parcel-codec.ts";

/** The binding of a Durable Object class, such as `env.TRACKLET_QUEUE`. */
export interface ObjectNamespace {
  /** Id of the object of that name. */
  idFromName(name: string): object;
  /** The object, made when it is first called. */
  get(id: object): { fetch: Fetch };
}

/** Where a `TrackletQueue` takes parcels; the host means nothing. */
const parcelsUrl = "http://tracklet.localhost/parcels";

/** Milliseconds before each try: an object may just be moving to another machine. */
const PAUSES: readonly number[] = [0, 200, 1_000];

/**
 * Gives a parcel to a `TrackletQueue`. A parcel that is given twice changes nothing, so that it is tried again.
 *
 * @throws StorageError when it was not taken.
 */
export async function giveToObject(
  namespace: ObjectNamespace,
  name: string,
  parcel: Parcel,
  clock: Clock,
): Promise<void> {
  const body = await encodeParcel(parcel);
  let cause: unknown;
  for (const pause of PAUSES) {
    if (pause > 0) await new Promise<void>((resolve) => void clock.after(pause, resolve));
    try {
      // After an error the platform wants a new stub.
      const object = namespace.get(namespace.idFromName(name));
      const reply = await object.fetch(new Request(parcelsUrl, { method: "POST", body }));
      if (reply.status === 204) return;
      cause = new Error(`it answered ${reply.status}: ${(await reply.text()).slice(0, 500)}`);
      if (reply.status < 500) break;
    } catch (error) {
      cause = error;
    }
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new StorageError(`Cannot hand over to the Durable Object of the queue: ${why}`, { cause });
}
