import { hostOf } from "../runtime/host.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import { parseTrackingPlace } from "../open/tracking-place.ts";
import { openTracker } from "../open/local.ts";
import { createRecorder } from "../recorder/index.ts";
import { PYTHON_PACKAGES } from "../recorder/environment/types.ts";
import { withoutPlaces } from "../recorder/environment/variables.ts";
import { amountText } from "../tracker/shown.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { commandRuntime } from "./command-runtime.ts";
import type { RecordFlags } from "./commands/record.ts";
import { folderEnvironment } from "./folder-environment.ts";
import { readMetricLine } from "./metric-lines.ts";
import { OutputLog } from "./output-log.ts";
import { OutputRedactor, outputSecrets } from "./output-redactor.ts";
import { pinned, pythonRequirements } from "./python-requirements.ts";
import { recordedParams } from "./recorded-params.ts";
import { type CommandEnd, RecordedCommand } from "./recorded-command.ts";
import { stopSignals } from "./stop-signals.ts";

/** The artifact with the command's output. */
const OUTPUT = "output.log";

/**
 * Runs a command as a recording, which ends as it does: FINISHED, FAILED, or KILLED when it was asked to stop.
 *
 * @returns The command's exit code; a recording that cannot be delivered changes nothing of it.
 * @throws ConfigurationError when the recording cannot begin; then the command has not either.
 */
export async function runRecord(command: readonly string[], flags: RecordFlags): Promise<number> {
  const runtime = defaultRuntime();
  mustHaveServer(flags);
  const { clock, terminal } = runtime;
  // A path that a variable says is no secret, and stands in each line of a stack.
  const secrets = outputSecrets(await withoutPlaces((await hostOf(runtime)).variables(), runtime.files));
  const { trackingUri, project, notes, param } = flags;
  const { runtime: runs, python } = await commandRuntime(command);
  const plain = secrets.redactCommand(command).join(" ");
  let tracker: Tracker | undefined;
  const recorder = createRecorder({
    tracker: async (settings) => {
      tracker = await openTracker({
        ...settings,
        runtime: { environment: folderEnvironment(runtime) },
        ...(trackingUri !== undefined && { trackingUri }),
      });
      return tracker;
    },
    name: flags.name ?? plain.slice(0, 250),
    ...(project !== undefined && { project }),
    ...(notes !== undefined && { notes }),
    hyperParameters: recordedParams(param, secrets, (text) => terminal.writeError(`tracklet: ${text}\n`)),
    metadata: { "mlflow.source.name": plain, "mlflow.tracklet.command": plain },
    mode: flags.offline ? "OFFLINE" : "ONLINE",
    environment: { directory: process.cwd(), command, ...(runs && { runtime: runs }) },
  });
  const { run, recordingId } = await recorder.start();
  if (python !== undefined && runs !== undefined) {
    const asked = await pythonRequirements(process.cwd(), python);
    recorder.upsertPackageRequirements({ python: [`python==${runs.version}`, ...asked].slice(0, 1000) });
    const all = python.map((one) => `${pinned(one)}\n`).toSorted();
    await run.logText(all.join(""), PYTHON_PACKAGES).catch(() => {});
  }
  const output = new OutputLog();
  // What is within a key on one of them is not on the other.
  const redactor = () => new OutputRedactor(secrets, (clean) => output.add(clean));
  const redactors = { stdout: redactor(), stderr: redactor() };
  const begun = clock.monotonic();
  const child = new RecordedCommand(command, clock, (line, stream) => {
    redactors[stream].add(line);
    const read = readMetricLine(line);
    if (read !== undefined) recorder.addRecord(read.values, read.step === undefined ? undefined : { step: read.step });
  });
  run.signal.addEventListener("abort", () => child.stop());
  const end = await child.end;
  // Who presses Ctrl-C from now on waits for no server; the exit code stays that of the command.
  const hurry = stopSignals();
  redactors.stdout.end();
  redactors.stderr.end();
  const seconds = Math.round(clock.monotonic() - begun) / 1000;
  recorder.summary({ exitCode: end.code, durationSeconds: seconds });
  const status = statusOf(end);
  if (status !== "FINISHED") run.setTag("mlflow.tracklet.error", reasonOf(end));
  if (end.fault !== undefined) terminal.writeError(`tracklet: Cannot run the command as ${end.fault}\n`);
  else
    await run.logText(output.text, OUTPUT).catch((error: Error) => terminal.writeError(`tracklet: ${error.message}\n`));
  const report = await recorder.stop(status, { signal: hurry.signal }).catch((error: unknown) => {
    if (!hurry.signal.aborted) throw error;
  });
  hurry.stop();
  const pending = report?.pending ?? tracker?.queue.status().waiting ?? { points: 0, requests: 0 };
  const left = pending.points + pending.requests;
  // What becomes of what is in memory alone, the tracker says as it closes.
  const lost = report !== undefined && report.unkept.points + report.unkept.requests > 0;
  const where = lost ? "in part in memory alone" : `for ${flags.offline ? "tracklet sync" : "the server"}`;
  const rest = left === 0 ? "" : `; ${amountText(pending)} wait ${where}`;
  terminal.writeError(`tracklet: ${status} after ${seconds} s, recording ${recordingId}${rest}\n`);
  return end.code;
}

/** @throws ConfigurationError for --offline where nothing is sent */
function mustHaveServer({ offline, trackingUri }: RecordFlags): void {
  if (!offline || (trackingUri !== undefined && parseTrackingPlace(trackingUri).kind === "server")) return;
  throw new ConfigurationError(
    `Cannot record --offline as there is no server to be offline from: ${trackingUri === undefined ? "give --tracking-uri or MLFLOW_TRACKING_URI" : `"${trackingUri}" is a file of this machine`}; without --offline the recording goes into the local store, and needs no network`,
  );
}

function statusOf({ code, stopped }: CommandEnd): "FINISHED" | "FAILED" | "KILLED" {
  if (code === 0) return "FINISHED";
  return stopped ? "KILLED" : "FAILED";
}

function reasonOf({ code, signal, fault }: CommandEnd): string {
  return fault ?? (signal === undefined ? `exit code ${code}` : `ended by ${signal}`);
}
