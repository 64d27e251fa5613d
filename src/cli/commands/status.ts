import { Command } from "commander";

/** What was asked of `tracklet status`. */
export interface StatusFlags {
  readonly json: boolean;
}

/** `tracklet status`: shows what waits in a queue file, without changing it. */
export function statusCommand(): Command {
  return new Command("status")
    .description("show what waits in a queue file, and what the server refused; changes nothing")
    .argument("<file>", "file of a queue, as sqliteQueue() makes it")
    .option("--json", "print JSON instead of tables", false)
    .action(async (file: string, flags: StatusFlags) => {
      const { runStatus } = await import("../run-status.ts");
      runStatus(file, flags);
    });
}
