import { Command } from "commander";

/** What was asked of `tracklet doctor`. */
export interface DoctorFlags {
  readonly mend: boolean;
}

/** `tracklet doctor`: looks at a database file, and mends artifact paths after its folder has moved. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("tell what a database file holds, and whether its artifacts are where it says")
    .argument("<file>", "database, such as mlflow.db")
    .option("--mend", "rewrite artifact paths to the mlruns folder beside the file", false)
    .action(async (file: string, flags: DoctorFlags) => {
      const { runDoctor } = await import("../run-doctor.ts");
      process.exitCode = runDoctor(file, flags);
    });
}
