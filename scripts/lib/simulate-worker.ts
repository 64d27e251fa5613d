/** Plays the seeds that it is given, and gives their reports. */
import { parentPort, workerData } from "node:worker_threads";
import { mutants } from "../../test/simulation/mutants.ts";
import { simulate, type SeedReport } from "../../test/simulation/simulate.ts";
import { embeddedServer } from "../../test/simulation/world/embedded-server.ts";

// Thousands of errors are made, and none of them is shown: where they come from costs more than they do.
Error.stackTraceLimit = 0;

const mutant = mutants.find(({ name }) => name === workerData);

parentPort?.on("message", async (seeds: readonly number[]) => {
  const reports: SeedReport[] = [];
  for (const seed of seeds) reports.push(await simulate(seed, { embedded: embeddedServer, ...(mutant && { mutant }) }));
  parentPort?.postMessage(reports);
});
