import { Command, InvalidArgumentError, Option } from "commander";

/** What was asked of `tracklet record`. */
export interface RecordFlags {
  readonly trackingUri?: string;
  readonly name?: string;
  readonly project?: string;
  readonly notes?: string;
  /** By name. */
  readonly param: Readonly<Record<string, string>>;
  /** Keep it until somebody sends it. */
  readonly offline: boolean;
}

const notes = `
A line of the command's output that has nothing but name=value pairs is a record of metrics: "loss=0.31 accuracy=0.9
step=7". There is no space beside "=", steps are whole numbers, and inf is stored as the greatest number (1.798e308), as
MLflow does it; any other line is output and no more. Without step= each metric counts its own. The output goes on to
the terminal and into the artifact output.log. Secrets, private keys among them, are left out there and in --param, as
far as they can be known: by the names and forms that docs/recorder.md lists, and no others. The recording ends with the command, also when that leaves others running with its output; signals reach the command. kill -9 does not: of
what was recorded the last seconds may be lost, output.log and the exit code are, and the command finds its output
closed. In a local store the run stays RUNNING; with a server the next program here sends what waits and ends it FAILED.
Without an address the recording goes into mlflow.db of this folder, as openTracker() of tracklet/local does it.
Exit code: that of the command; 128 and its number when a signal ended it; 127 when there is no such command.`;

/** `tracklet record`: runs a command as a recording. */
export function recordCommand(): Command {
  return new Command("record")
    .description("run a command as a recording: its environment, output, metrics, duration and exit code")
    .usage("[options] -- <command> [arguments]")
    .argument("<command...>", "what to run, after --")
    .addOption(
      new Option(
        "--tracking-uri <uri>",
        "address of the server, or sqlite:///FILE for a local store (default: mlflow.db of this folder)",
      ).env("MLFLOW_TRACKING_URI"),
    )
    .option("--name <name>", "name of the run (default: the command)")
    .option("--project <name>", "name of the experiment")
    .option("--notes <markdown>", "what MLflow shows on the run's page")
    .option("--param <name=value>", "a parameter; may be given several times", parseParam, {})
    .option("--offline", "with a server: send nothing now, tracklet sync does it later; refused without one", false)
    .addHelpText("after", notes)
    .action(async (command: string[], flags: RecordFlags) => {
      const { runRecord } = await import("../run-record.ts");
      process.exitCode = await runRecord(command, flags);
    });
}

function parseParam(text: string, given: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It must be like lr=0.1.");
  return { ...given, [name]: value };
}
