import { NetworkError, TimeoutError, UnexpectedReplyError } from "../errors/network-errors.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { OptionRules } from "../tracker/check-options.ts";
import { checkGiven, trackerWith } from "./check-given.ts";
import type { RecreatedEnvironment, RecreateOptions } from "./recreate/types.ts";

const rules: OptionRules = {
  tracker: trackerWith("getRun"),
  manager: ["npm", "deno", "bun"],
  repository: (value) => value !== false && !isPlace(value) && "an address, a path or false",
  python: (value) => value !== false && (typeof value !== "string" || value === "") && "a program or false",
  signal: "object",
  timeout: [0],
};

/**
 * Makes the environment of a recording again in a folder: the recorded commit with what was not committed, the kept files,
 * the lock file or exact versions, the version of the runtime for version managers, requirements of Python with their
 * virtual environment, and a README with the one command that installs and runs it. Installs no packages but Python's, and
 * runs no code that a recording brings: a kept requirements.txt is left to that command, unless `python` is given.
 *
 * @param recordingId Either id of the recording.
 * @param directory Made when missing; must be empty.
 * @throws ConfigurationError for a folder that is not empty, a recording without an environment, and a commit that cannot be
 * had: then nothing is left of what git has fetched.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 * import { createRecorder, recreateEnvironment } from "tracklet/recorder";
 *
 * const recorder = createRecorder({ tracker: openTracker, name: "walk 8", project: "field study" });
 * const { recordingId } = await recorder.start();
 * recorder.addRecord({ height: 100 });
 * await recorder.stop();
 *
 * const { directory, install, run, problems } = await recreateEnvironment(recordingId, "./walk-8", {
 *   tracker: openTracker,
 *   repository: false,
 * });
 * console.log(`cd ${directory} && ${install} && ${run}`, problems);
 * ```
 */
export async function recreateEnvironment(
  recordingId: string,
  directory: string | URL,
  options: RecreateOptions,
): Promise<RecreatedEnvironment> {
  const needed = { tracker: "a tracker, or what opens one such as openTracker" };
  checkGiven(options, rules, needed, "{ tracker: openTracker }");
  if (typeof recordingId !== "string" || recordingId === "" || !isPlace(directory)) {
    throw new ConfigurationError(
      `Cannot make an environment again as it must have the id of a recording and a folder: current values are ${typeof recordingId} and ${typeof directory}`,
    );
  }
  if (/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(String(directory))) {
    throw new ConfigurationError(
      `Cannot make an environment again in "${directory}" as it must be a folder of this machine: give a path or a file: URL`,
    );
  }
  const { recreate } = await import("./recreate/recreate-environment.ts");
  const { tracker: given } = options;
  const tracker = typeof given === "function" ? await given() : given;
  try {
    return await recreate(tracker, recordingId, directory, options);
  } catch (error) {
    // Its files are read where they were sent to.
    if (error instanceof UnexpectedReplyError || !(error instanceof NetworkError)) throw error;
    const Kind = error instanceof TimeoutError ? TimeoutError : NetworkError;
    throw new Kind(
      `Cannot make the environment of the recording "${recordingId}" again as the server does not answer (${error.message}): it is read from there, so a recording that waits here must be sent before, by tracklet sync or tracker.flush()`,
      error.request,
      { cause: error, originRefused: error.originRefused },
    );
  } finally {
    if (typeof given === "function") await tracker.close();
  }
}

function isPlace(value: unknown): value is string | URL {
  return (typeof value === "string" && value !== "") || value instanceof URL;
}
