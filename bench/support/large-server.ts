import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** `tracklet server` in a process of its own, by the runtime that runs this. */
export interface LargeServer {
  readonly trackingUri: string;
  /** The most memory that it ever had, in bytes; undefined where the system does not tell. */
  peak(): number | undefined;
  close(): Promise<void>;
}

/** Starts one in a directory. */
export async function startLargeServer(directory: string): Promise<LargeServer> {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const run = process.versions["deno"] === undefined ? [] : ["run", "-A"];
  const flags = ["--backend-store-uri", `sqlite:///${join(directory, "mlflow.db")}`];
  const child = spawn(process.execPath, [...run, main, "server", "--port", "0", ...flags], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const trackingUri = await new Promise<string>((resolve, reject) => {
    let output = "";
    const read = (data: unknown): void => {
      output += String(data);
      const address = /listening at (http:\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve(address.replace(/\/$/, ""));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`tracklet server ended with ${code}: ${output}`)));
  });
  return {
    trackingUri,
    peak() {
      try {
        const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
        return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
      } catch {
        return undefined;
      }
    },
    close() {
      child.kill("SIGTERM");
      return gone;
    },
  };
}
