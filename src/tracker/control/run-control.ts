import type { CallOptions } from "../../client/types/connection.ts";
import { pause } from "../../client/deadline.ts";
import { codePoints, limits as allowed } from "../../client/limits.ts";
import { TimeoutError } from "../../errors/network-errors.ts";
import { ValidationError } from "../../errors/usage-errors.ts";
import type { Core } from "../core.ts";
import { textOf } from "../entries.ts";
import { quote } from "../key.ts";
import { limited } from "../limited.ts";
import { serverRunId } from "../server-run-id.ts";
import type { ControlOptions, RequestAnswer } from "../types/control.ts";
import { answerKey, answerTo, requestKey } from "./request-tags.ts";

/** Milliseconds between two looks for an answer. */
const LOOK = 250;

/** Sets the tag of a request on a run of any program; it goes straight to the server, as it is asked for now. */
export function sendRequest(
  core: Core,
  id: string,
  name: "stop" | "checkpoint" | `param.${string}`,
  value: unknown,
  options: ControlOptions = {},
): Promise<RequestAnswer | undefined> {
  return limited(core, "control a run", options, "by reason wait", async (limits) => {
    const { wait, reason, by = core.options.user ?? core.runtime.environment.user() } = options;
    if (wait !== undefined && !(wait >= 0)) {
      throw new ValidationError(`Cannot control a run as wait must be milliseconds from 0: current value is ${wait}`);
    }
    const at = core.runtime.clock.now();
    // Chance, so that two requests of one moment are two.
    const nonce = core.runtime.random.fraction().toString(36).slice(2, 10);
    const text = JSON.stringify({ at, by, reason, value, nonce });
    // A longer one would be cut by the server without a word, and a cut one cannot be read.
    const length = codePoints(text);
    if (length > allowed.tagValueLength) {
      throw new ValidationError(
        `Cannot control a run as value, reason and by must have at most ${allowed.tagValueLength} characters as JSON: current value has ${length}`,
      );
    }
    const runId = await serverRunId(core, id, limits);
    const { runs } = await core.client();
    const { info } = await runs.get(runId, limits);
    if (info.status !== "RUNNING" && info.status !== "SCHEDULED") {
      throw new ValidationError(
        `Cannot control the run ${quote(id)} as it must be running: current value is ${info.status}`,
      );
    }
    await runs.setTag(runId, requestKey(name), text, limits);
    return wait === undefined ? undefined : answered(core, runId, name, text, wait, limits);
  });
}

/** A parameter's name and value as a request. */
export function paramRequest(key: string, value: unknown): { name: `param.${string}`; value: string } {
  if (typeof key !== "string" || !/^[\w\-. /]{1,200}$/.test(key)) {
    throw new ValidationError(
      `Cannot change a parameter as its name must be 1 to 200 letters, digits and "_-. /": current value is ${textOf(key)}`,
    );
  }
  if (!["string", "number", "boolean"].includes(typeof value)) {
    throw new ValidationError(
      `Cannot change the parameter ${quote(key)} as its value must be a text, number or boolean: current value is ${textOf(value)}`,
    );
  }
  return { name: `param.${key}`, value: String(value) };
}

async function answered(
  core: Core,
  runId: string,
  name: string,
  text: string,
  wait: number,
  limits: CallOptions,
): Promise<RequestAnswer> {
  const { clock, lifecycle } = core.runtime;
  const { runs } = await core.client();
  const begun = clock.monotonic();
  const release = lifecycle.keepAlive();
  try {
    for (;;) {
      const answer = answerTo(text, (await runs.get(runId, limits)).data.tags[answerKey(name)]);
      if (answer !== undefined) return answer;
      const left = wait - (clock.monotonic() - begun);
      if (left <= 0) break;
      await pause(clock, Math.min(left, LOOK), limits.signal);
    }
  } finally {
    release();
  }
  throw new TimeoutError(
    `The run "${runId}" has not answered the "${name}" request within ${wait} ms: it looks for requests only while its program uses run.signal or run.onRequest()`,
    { method: "GET", url: `${core.connection.trackingUri}/api/2.0/mlflow/runs/get` },
  );
}
