import { Command, InvalidArgumentError, Option } from "commander";

/** What was asked of `tracklet sync`. */
export interface SyncFlags {
  readonly trackingUri: string;
  /** Seconds; undefined: until all is sent. */
  readonly timeout?: number;
}

const notes = `
Credentials come from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.
A queue file does not name its server: give the address that it was made for. Runs that another server
has already wait in the file; those that no server has yet are created at the address that is given.
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
