import { ConfigurationError } from "../../errors/usage-errors.ts";
import { type Destination, destinationText, isSameDestination } from "../destination.ts";
import type { Problems } from "../problems.ts";
import type { QueueStorage, QueueStore } from "../storage.ts";

interface Parts {
  readonly destination?: Destination | undefined;
  readonly storage: Pick<QueueStorage, "name">;
  readonly problems: Problems;
}

/**
 * Keeps in a store where its data goes: nothing of one server, or of one user, ever goes to another.
 *
 * @returns What stands there, with where it went before; undefined when nobody says where it goes.
 * @throws ConfigurationError when it is of another destination, which is reported too.
 */
export async function assignStore(store: QueueStore, parts: Parts): Promise<Destination | undefined> {
  const { destination } = parts;
  return destination && mustBe(destination, await store.assign(destination), parts);
}

/**
 * The same without waiting.
 *
 * @throws ConfigurationError when it is of another destination, which is reported too.
 */
export function assignNow(now: QueueStore["now"] & object, parts: Parts): void {
  const { destination } = parts;
  if (destination) mustBe(destination, now.assign(destination), parts);
}

function mustBe(destination: Destination, stands: Destination, { storage, problems }: Parts): Destination {
  if (isSameDestination(stands, destination)) return stands;
  const message = `Cannot use the queue "${storage.name}" as it must be of ${destinationText(destination)}: current value is ${destinationText(stands)}; name another queue, or send what waits there with "tracklet sync"`;
  problems.report({ kind: "storage", key: "destination", message });
  throw new ConfigurationError(message);
}
