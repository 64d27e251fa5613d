import { Command, InvalidArgumentError, Option } from "commander";

/** What was asked of `tracklet sync`. */
export interface SyncFlags {
  readonly trackingUri: string;
  /** Send to another address than the file was made for. */
  readonly force: boolean;
  /** Name of the experiment for runs that give theirs by an id of the address that the file was made for. */
  readonly experiment?: string;
  /** Put back first what the server refused for good. */
  readonly retryQuarantined: boolean;
  /** Either ids of runs that are given up. */
  readonly discardRun: readonly string[];
  /** Seconds; undefined: until all is sent. */
  readonly timeout?: number;
}

const notes = `
Credentials come from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.
A queue file names the server that it was made for. To another address it is sent with --force only: runs
that no server has yet are created there; one of which a part was delivered already, or may have been,
stays in the file, unless it is the same server under another name. So does one whose experiment was
given by id, which is another one there: --experiment names one for it.
What waits of a run that the server does not let anybody write, as somebody deleted it, stays in the file
too: restore it, or drop what waits with --discard-run.
Exit code: 0 when nothing is left in the file, 1 when something is, 130 after Ctrl-C.`;

/** `tracklet sync`: sends what waits in a queue file. */
export function syncCommand(): Command {
  return new Command("sync")
    .description("send what a program left in a queue file to the server")
    .argument("<file>", "file of a queue, as sqliteQueue() makes it")
    .addOption(
      new Option("--tracking-uri <uri>", "address of the server, or sqlite:///FILE for a local store")
        .env("MLFLOW_TRACKING_URI")
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--timeout <seconds>", "longest time to try (default: until all is sent)").argParser(parseSeconds),
    )
    .option("--force", "send to another address than the file was made for", false)
    .option("--experiment <name>", "with --force: for runs whose experiment was given by an id of the first address")
    .addOption(
      new Option("--discard-run <id>", "drop all that waits of a run, as `tracklet status` names it; may be repeated")
        .argParser((id: string, before: readonly string[]) => [...before, id])
        .default([], "none"),
    )
    .option("--retry-quarantined", "try again what the server refused for good", false)
    .addHelpText("after", notes)
    .action(async (file: string, flags: SyncFlags) => {
      const { runSync } = await import("../run-sync.ts");
      process.exitCode = await runSync(file, flags);
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= 2_000_000) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds above 0, up to 2000000.");
}
