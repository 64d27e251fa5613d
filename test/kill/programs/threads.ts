// Starts a worker thread for each job in its first argument, all in one process, and says `end` when all are through.
import { Worker } from "node:worker_threads";
import type { LoggerJob } from "../logger-job.ts";

const jobs = JSON.parse(process.argv[2] ?? "[]") as LoggerJob[];
console.log(`up ${process.pid}`);
const ends = jobs.map(
  (job) =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL("./logger.ts", import.meta.url), { workerData: job });
      worker.on("message", () => resolve());
      worker.on("error", reject);
    }),
);
await Promise.all(ends);
console.log("end all");
setInterval(() => {}, 60_000);
