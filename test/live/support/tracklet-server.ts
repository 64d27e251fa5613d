import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MlflowServer } from "./mlflow-server.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** Starts `tracklet server` on `<directory>/mlflow.db` in a process of its own, on a free port. */
export function startTrackletServer(directory: string): Promise<MlflowServer> {
  const child = spawn(
    process.execPath,
    [
      main,
      "server",
      "--port",
      "0",
      "--backend-store-uri",
      `sqlite:///${join(directory, "mlflow.db")}`,
      "--artifacts-destination",
      join(directory, "artifacts"),
    ],
    { cwd: directory, stdio: ["ignore", "pipe", "pipe"] },
  );
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = (): Promise<void> => {
    child.kill("SIGTERM");
    return gone;
  };
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (data: Buffer): void => {
      output += data.toString();
      const address = /listening at (http:\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve({ trackingUri: address.replace(/\/$/, ""), close });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`tracklet server ended with ${code}:\n${output}`)));
  });
}
