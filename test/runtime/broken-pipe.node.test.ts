import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("./programs/broken-pipe.ts", import.meta.url));

/** Starts the program, closes its pipes as `head` does after the first bytes, and waits for its end. */
async function endAfterClosedPipes(stdio: "two pipes" | "one pipe", how = "program"): Promise<number | string | null> {
  const run = [process.execPath, "--disable-warning=ExperimentalWarning", "--conditions=tracklet-source", program, how];
  const child: ChildProcess =
    stdio === "two pipes"
      ? spawn(run[0]!, run.slice(1), { stdio: ["ignore", "pipe", "pipe"], timeout: 4000, killSignal: "SIGKILL" })
      : spawn("sh", ["-c", 'exec "$@" 2>&1', "sh", ...run], { timeout: 4000, killSignal: "SIGKILL" });
  const close = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  child.stdout?.once("data", close);
  child.stderr?.once("data", close);
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
}

describe("ProcessLifecycle", () => {
  test.each(["two pipes", "one pipe"] as const)(
    "ends the process with exit code 1 when the program writes to what nobody reads (%s)",
    async (stdio) => {
      expect(await endAfterClosedPipes(stdio)).toBe(1);
    },
  );
});

describe("Terminal.writeError()", () => {
  test("does not end the program when nobody reads its notices", async () => {
    expect(await endAfterClosedPipes("two pipes", "notices")).toBe(0);
  });
});
