import { Command, CommanderError } from "commander";
import { isTrackletError } from "../errors/index.ts";
import { version } from "../internal/version.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { recordCommand } from "./commands/record.ts";
import { serverCommand } from "./commands/server.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";

/** The command line, ready to parse. What a command does is loaded when it is run. */
function createProgram(): Command {
  return new Command("tracklet")
    .description("MLflow experiment tracking from the terminal")
    .version(version, "--version", "print the version")
    .helpOption("--help", "explain the command")
    .helpCommand(false)
    .showHelpAfterError("(add --help for what can be given)")
    .exitOverride()
    .addCommand(serverCommand())
    .addCommand(doctorCommand())
    .addCommand(recordCommand())
    .addCommand(statusCommand())
    .addCommand(syncCommand());
}

/** Runs one command line and sets the exit code: 1 for a failure, 2 for a command line that cannot be read. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const program = createProgram();
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own; asking for help or the version is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(isTrackletError(error) ? `${error.message}\n` : `${describe(error)}\n`);
  return 1;
}

/** A fault of ours is shown with its stack, so that it can be reported. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
