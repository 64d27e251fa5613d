import { LoggedModelsResource } from "../client/logged-models.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { NetworkError } from "../errors/network-errors.ts";
import type { Receipt, ReceiptLine } from "../queue/types.ts";
import type { Run } from "../tracker/types/run.ts";
import type { ClaimPlace } from "./claim-place.ts";
import { IncompleteAttemptError } from "./incomplete-attempt-error.ts";
import type { CommitOptions } from "./types.ts";

type Place = Pick<ClaimPlace, "client" | "tracker" | "what">;

/**
 * Makes sure that an attempt that has ended is on the server, with its models: readers take a committed one for whole.
 * Gives MLflow's id of it. What was refused at the call (a text as a metric) was never a part of it.
 *
 * @throws NetworkError when some of it still waits.
 * @throws IncompleteAttemptError when some of it never comes, unless `incomplete` says that this is known.
 */
export async function wholeAttempt(place: Place, attempt: Run, options: CommitOptions): Promise<string> {
  const { incomplete = false, ...limits } = options;
  const runId = await attempt.runId(limits);
  const receipt = await attempt.receipt(limits);
  const lines = linesOf(receipt);
  const waiting = lines.find(({ line }) => waitingIn(line) > 0);
  if (waiting !== undefined) {
    throw late(place, `${kindAndKey(waiting)} of its attempt ${waits(waitingIn(waiting.line))}`);
  }
  const lost = lines.filter(({ line }) => lostOf(line) > 0);
  if (!incomplete && lost.length > 0) throw await never(place, receipt, lost, limits);
  await mustBeClosed(place, runId, receipt, lost.length > 0, limits);
  return runId;
}

/** A line, and the logged model that it is about. */
interface Part {
  readonly line: ReceiptLine;
  readonly model?: string;
}

function linesOf({ lines, models = [] }: Receipt): Part[] {
  return [
    ...lines.map((line) => ({ line })),
    ...models.flatMap(({ model, modelId, lines: own }) => own.map((line) => ({ line, model: modelId ?? model }))),
  ];
}

function waitingIn({ logged, acknowledged, dropped, quarantined }: ReceiptLine): number {
  return Math.max(0, logged - acknowledged - dropped - quarantined);
}

function lostOf({ dropped, quarantined, atCall = 0 }: ReceiptLine): number {
  return dropped + quarantined - atCall;
}

/** What no receipt counts: that the run has ended, and that its models are ready. */
async function mustBeClosed(
  place: Place,
  runId: string,
  { models = [] }: Receipt,
  isIncomplete: boolean,
  limits: CallOptions,
): Promise<void> {
  const { client } = place;
  const { status } = (await client.runs.get(runId, limits)).info;
  if (status !== "FINISHED") throw late(place, `the end of its attempt ${waits(1)}: its run is ${status}`);
  for (const { model, modelId } of models) {
    // A model that lost a file is made to fail, and one that was refused has no id.
    if (isIncomplete && modelId === undefined) continue;
    if (modelId === undefined) throw late(place, `the logged model ${model} of its attempt ${waits(1)}`);
    // MLflow 2 has no models of their own: their files are artifacts of the run.
    if (modelId.includes("/")) continue;
    const logged = await new LoggedModelsResource(client.transport).get(modelId, { ...limits, deleted: true });
    if (logged.status !== "PENDING") continue;
    throw late(place, `the end of the logged model ${modelId} of its attempt ${waits(1)}`);
  }
}

function late({ what, tracker }: Place, which: string): NetworkError {
  const url = tracker.connection.trackingUri;
  const message = `Cannot commit ${what} as ${which}: see tracker.queue.status(), and commit again`;
  return new NetworkError(message, { method: "POST", url });
}

async function never(
  { what, tracker }: Place,
  receipt: Receipt,
  lost: readonly Part[],
  limits: CallOptions,
): Promise<IncompleteAttemptError> {
  const [first, ...others] = lost as [Part, ...Part[]];
  const more = others.length === 0 ? "" : `, and ${others.length} more such`;
  const choice = "or commit(run, { incomplete: true }) to let it count without";
  const { dropped } = first.line;
  if (dropped > 0) {
    const why = `${kindAndKey(first)} of its attempt has lost ${dropped} of ${first.line.logged} that were logged, as the queue was full or somebody discarded them${more}`;
    return new IncompleteAttemptError(
      `Cannot commit ${what} as ${why}: do the work again with a larger queue, ${choice}`,
    );
  }
  const item = await refusal(tracker, receipt, first.line, limits);
  const said = item === undefined ? "" : `: ${item.reason}`;
  const retry =
    item === undefined ? "tracker.queue.quarantine.retry()" : `tracker.queue.quarantine.retry("${item.id}")`;
  const why = `${kindAndKey(first)} of its attempt was refused by the server for good${more}${said}`;
  return new IncompleteAttemptError(
    `Cannot commit ${what} as ${why}; mend the cause, call ${retry} and commit again, ${choice}`,
  );
}

/** The server's words about a line. */
async function refusal(
  { queue }: Place["tracker"],
  { run, models = [] }: Receipt,
  { kind, key }: ReceiptLine,
  { signal }: CallOptions,
): Promise<{ readonly id: string; readonly reason: string } | undefined> {
  const ids = [run, ...models.map(({ model }) => model)];
  for await (const item of queue.quarantine.list(signal === undefined ? {} : { signal })) {
    if (item.atCall || !item.kind.startsWith(kind)) continue;
    if (ids.includes(item.run) && item.keys.includes(key)) return item;
  }
  return undefined;
}

function kindAndKey({ line, model }: Part): string {
  return `the ${line.kind} "${line.key}"${model === undefined ? "" : ` of the logged model ${model}`}`;
}

function waits(count: number): string {
  return count === 1 ? "is not delivered" : `is not delivered (${count} calls)`;
}
