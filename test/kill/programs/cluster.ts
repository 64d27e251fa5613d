// A cluster: its primary forks a worker for each job in its first argument.
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import type { LoggerJob } from "../logger-job.ts";

const jobs = JSON.parse(process.argv[2] ?? "[]") as LoggerJob[];
const exec = fileURLToPath(new URL("./logger.ts", import.meta.url));
for (const job of jobs) {
  cluster.setupPrimary({ exec, args: [JSON.stringify(job)] });
  cluster.fork();
}
