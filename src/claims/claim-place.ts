import { connect, type Resources } from "../client/resources.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { BadRequestError, NotFoundError } from "../errors/network-errors.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import type { Random } from "../runtime/ports/random.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { ClaimKeys } from "./claim-keys.ts";

/** Where a claim lives, and what it takes to work there. */
export interface ClaimPlace {
  readonly tracker: Tracker;
  readonly client: Resources;
  readonly clock: Clock;
  readonly random: Random;
  /** Keeps the process alive until the function it gives is called. */
  readonly keepAlive: () => () => void;
  readonly runId: string;
  readonly keys: ClaimKeys;
  /** What is claimed, for messages. */
  readonly what: string;
}

/** What a claim needs of a tracker, before its run is known. */
export type ClaimTools = Pick<ClaimPlace, "tracker" | "client" | "clock" | "random" | "keepAlive">;

/** The REST client over the tracker's connection; claims do not go through the queue, as they need the answer. */
export function claimTools(tracker: Tracker): ClaimTools {
  const runtime = tracker.connection.runtime ?? defaultRuntime();
  const { clock, random, lifecycle } = runtime;
  const client = connect(tracker.connection, runtime);
  return { tracker, client, clock, random, keepAlive: () => lifecycle?.keepAlive() ?? (() => {}) };
}

/**
 * Refuses a store of files: there a param is checked and written in two steps, and two may win. MLflow 3 tells its store;
 * gives false where the server does not, for `refuseFileIds`.
 */
export async function refuseFileStore(tools: ClaimTools, options: CallOptions): Promise<boolean> {
  const info = await tools.client.server.info(options);
  if (info?.storeType === undefined) return false;
  if (!/sql/i.test(info.storeType)) throw fileStore(tools, `"${info.storeType}"`);
  return true;
}

/** Digits of an id that no database gives, as it counts from 1; MLflow's file store makes up 18. */
const LONG_ID = 12;

/** The same for MLflow 2, by the id of the run's experiment. The first experiment has the id 0 in each store, and tells nothing. */
export async function refuseFileIds(tools: ClaimTools, runId: string, options: CallOptions): Promise<void> {
  const { experimentId } = (await tools.client.runs.get(runId, options)).info;
  if (experimentId.length < LONG_ID) return;
  throw fileStore(tools, `one of files, as the id ${experimentId} of an experiment shows`);
}

function fileStore({ tracker }: ClaimTools, found: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot claim on ${tracker.connection.trackingUri} as its store must be a database, where a param has one winner: current value is ${found}; start the server with --backend-store-uri sqlite:///mlflow.db`,
  );
}

/** Writes a write-once param; true when it has our value now, false when somebody was first. */
export async function writeOnce(
  { client, runId }: Pick<ClaimPlace, "client" | "runId">,
  key: string,
  value: string,
  options: CallOptions,
): Promise<boolean> {
  try {
    await client.runs.logParam(runId, key, value, options);
    return true;
  } catch (error) {
    if (!(error instanceof BadRequestError) && !(error instanceof NotFoundError)) throw error;
    // A 400 says that the value differs, but also that the run is deleted, or that two came at once: the run tells.
    const stored = (await client.runs.get(runId, options)).data.params[key];
    if (stored === undefined) throw error;
    return stored === value;
  }
}
