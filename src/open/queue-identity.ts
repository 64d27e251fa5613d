import { queueName } from "../queue/queue-name.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { resolveSettings } from "../tracker/settings.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";

/**
 * Name of the queue of a tracker: another one for each server, workspace and partition, so that nothing of one ever
 * goes to another. Credentials make no difference: after a refused login the next start, with the right ones, sends
 * what waits.
 *
 * @throws ConfigurationError when the address cannot be used.
 */
export function queueIdentity(options: TrackerOptions, runtime: Runtime): string {
  const { trackingUri, workspace } = resolveSettings(options, runtime.environment, runtime.name);
  const { partition } = options;
  return destinationName({ uri: trackingUri, workspace, partition });
}

/** The same of where data goes. */
export function destinationName({ uri, workspace, partition }: DestinationParts): string {
  // Apart by their place in the text, so that no workspace reads like a partition.
  return queueName(uri, workspace === undefined ? partition : JSON.stringify([workspace, partition ?? null]));
}

interface DestinationParts {
  readonly uri: string;
  readonly workspace?: string | undefined;
  readonly partition?: string | undefined;
}
