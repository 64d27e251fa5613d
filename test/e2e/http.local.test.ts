import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, vi } from "vitest";
import { fileSuite } from "./suite/files.ts";
import { type Target, trackerSuite } from "./suite/index.ts";

// The server is a process: on a machine with other work it may need seconds to begin.
vi.setConfig({ testTimeout: 30_000 });

const room = mkdtempSync(join(tmpdir(), "tracklet-http-"));
let started: Promise<{ child: ChildProcess; trackingUri: string }> | undefined;

afterAll(async () => {
  const server = await started?.catch(() => undefined);
  if (server !== undefined) {
    const gone = new Promise((resolve) => server.child.once("exit", resolve));
    server.child.kill("SIGTERM");
    await gone;
  }
  rmSync(room, { recursive: true, force: true });
});

/** `tracklet server` in a process of its own, by the runtime that runs this test. */
function start(): Promise<{ child: ChildProcess; trackingUri: string }> {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const flags = ["server", "--port", "0", "--backend-store-uri", `sqlite:///${join(room, "mlflow.db")}`];
  const run = process.versions["deno"] === undefined ? [] : ["run", "-A"];
  const child = spawn(process.execPath, [...run, main, ...flags, "--artifacts-destination", join(room, "artifacts")], {
    cwd: room,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (data: unknown): void => {
      output += String(data);
      const trackingUri = /listening at (http:\S+)/.exec(output)?.[1];
      if (trackingUri !== undefined) resolve({ child, trackingUri: trackingUri.replace(/\/$/, "") });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`tracklet server ended with ${code}: ${output}`)));
  });
}

const createTarget = async (): Promise<Target> => {
  started ??= start();
  const { trackingUri } = await started;
  return { trackingUri, close: () => {} };
};

trackerSuite(createTarget);
fileSuite(createTarget, room);
