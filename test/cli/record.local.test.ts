import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openTracker } from "../../src/open/local.ts";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { startProgram, type Program } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();
const main = new URL("../../src/cli/main.ts", import.meta.url);
const program = fileURLToPath(new URL("./programs/recorded.mjs", import.meta.url));
const secret = "s3cret-of-the-station";

const record = (cwd: string, args: readonly string[]): Program =>
  startProgram(main, ["record", ...args], { cwd, env: { STATION_TOKEN: secret } });
/** What the test runs in, so that a test in Deno starts Deno. */
const self = [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), program];

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function recorded(directory: string) {
  await using tracker = await openTracker({ directory });
  const { rows } = await tracker.searchRuns({ allExperiments: true });
  const id = String(rows[0]?.run_id);
  const { info, data } = await tracker.getRun(id);
  const artifact = async (path: string): Promise<string> => (await tracker.openArtifact(id, path)).text();
  const losses = await tracker.getMetricHistory(id, "loss");
  return {
    count: rows.length,
    info,
    data,
    losses,
    artifact: async (path: string) => artifact(path).catch(String),
    output: await artifact("output.log").catch(String),
    environment: await artifact("environment/environment.json"),
  };
}

describe("tracklet record", () => {
  test("refuses --offline where there is no server, and does not run the command", async () => {
    const cwd = await temporaryDirectory();
    for (const [more, says] of [
      [[], "give --tracking-uri or MLFLOW_TRACKING_URI"],
      [["--tracking-uri", "sqlite:///runs.db"], '"sqlite:///runs.db" is a file of this machine'],
    ] as const) {
      const { code, stdout, stderr } = await record(cwd, ["--offline", ...more, "--", ...self, "fail"]).end;
      expect([code !== 0, stdout]).toEqual([true, ""]);
      expect(stderr).toContain("there is no server to be offline from");
      expect(stderr).toContain(says);
    }
  });

  test("records a command's metrics, output, duration, environment and exit code", async () => {
    const cwd = await temporaryDirectory();
    const end = await record(cwd, ["--name", "walk", "--project", "field", "--param", "lr=0.1", "--", ...self, "fail"])
      .end;
    expect(end.code).toBe(3);
    expect(end.stdout).toBe(
      `begins\nloss=0.5 accuracy=0.25 step=1\nthe key is ${secret}\nlr=1e-3\rlr=nan\nno end of line`,
    );
    expect(end.stderr).toMatch(
      /^loss=0\.25, accuracy=0\.75, peak=inf, step=2\ntracklet: FAILED after [\d.]+ s, recording \w+\n$/,
    );
    const { count, info, data, losses, output, environment } = await recorded(cwd);
    expect([count, info.runName, info.status]).toEqual([1, "walk", "FAILED"]);
    expect(losses.map(({ step, value }) => [step, value])).toEqual([
      [1, 0.5],
      [2, 0.25],
    ]);
    expect(data.metrics).toMatchObject({
      accuracy: 0.75,
      peak: Number.MAX_VALUE,
      lr: Number.NaN,
      "summary.exitCode": 3,
    });
    expect(data.metrics["summary.durationSeconds"]).toBeGreaterThan(0);
    expect(data.params).toEqual({ lr: "0.1" });
    expect(data.tags["mlflow.tracklet.error"]).toBe("exit code 3");
    expect(output).toContain("the key is ***\n");
    expect(output).toContain("loss=0.25, accuracy=0.75, peak=inf, step=2\n");
    expect(JSON.stringify([output, environment, data])).not.toContain(secret);
    const { command, runtime, project } = JSON.parse(environment);
    expect([command.at(-1), project, /^\d+\./.test(runtime.version)]).toEqual(["fail", "", true]);
    // The folder of the command has no git, and that of tracklet itself is none of its.
    expect(Object.keys(data.tags).filter((key) => key.includes("git"))).toEqual([]);
  });

  test("forwards a signal, waits for the command, and passes its exit code on", async () => {
    const cwd = await temporaryDirectory();
    const child = record(cwd, ["--", ...self, "wait"]);
    await child.line("waits");
    child.kill("SIGUSR2");
    await child.line("caught SIGUSR2");
    child.kill("SIGQUIT");
    await child.line("caught SIGQUIT");
    child.kill("SIGTERM");
    const end = await child.end;
    expect([end.code, end.signal]).toEqual([5, null]);
    const { info, data, output } = await recorded(cwd);
    expect([info.status, data.tags["mlflow.tracklet.error"]]).toEqual(["KILLED", "exit code 5"]);
    expect(output).toContain("caught SIGTERM");
  });

  test("gives the command's exit code after Ctrl-C, also when it has ended and the server is waited for", async () => {
    const cwd = await temporaryDirectory();
    const child = record(cwd, ["--", ...self, "wait"]);
    await child.line("waits");
    child.kill("SIGINT");
    expect((await child.end).code).toBe(6);
    expect((await recorded(cwd)).info.status).toBe("KILLED");
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const late = record(cwd, ["--tracking-uri", uri, "--", ...self, "short"]);
    const pid = Number((await late.line("pid ")).slice("pid ".length));
    while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
    late.kill("SIGINT");
    const { code, stderr } = await late.end;
    server.closeAllConnections();
    server.close();
    expect(code).toBe(3);
    expect(stderr).toContain("tracklet: FAILED after");
  });

  test("shows in the output where something lies, also when a variable that is named like a secret says it", async () => {
    const cwd = await temporaryDirectory();
    const end = await startProgram(main, ["record", "--", ...self], { cwd, env: { STATION_TOKEN: cwd } }).end;
    expect(end.code).toBe(0);
    expect((await recorded(cwd)).output).toContain(`the key is ${cwd}\n`);
  });

  test("ends with the command, whoever it leaves behind with its pipes, and stores no private key", async () => {
    const cwd = await temporaryDirectory();
    const begun = performance.now();
    const end = await record(cwd, ["--", ...self, "leave"]).end;
    // What stays would hold the pipes for 30 seconds.
    expect([end.code, performance.now() - begun < 25_000]).toEqual([0, true]);
    expect(end.stdout).toContain("MIIEvQ");
    const { output } = await recorded(cwd);
    expect(output).toContain("***");
    expect(output).toContain("beside it");
    expect(output).not.toMatch(/MIIEvQ|PRIVATE KEY/);
  });

  // In Deno and Bun, what a test has of a pipe cannot be closed from this side.
  test.runIf(detectRuntime() === "node")("closes the command's pipe when its own is closed", async () => {
    const cwd = await temporaryDirectory();
    const child = record(cwd, ["--", ...self, "pour"]);
    await child.line("more");
    child.closeOutput();
    expect((await child.end).code).not.toBe(0);
    expect((await recorded(cwd)).info.status).toBe("FAILED");
  });

  // A run looks for requests every five seconds: once is enough.
  test.runIf(detectRuntime() === "node")("stops the command when another program asks the run to", async () => {
    const cwd = await temporaryDirectory();
    const child = record(cwd, ["--name", "asked", "--", ...self, "wait"]);
    await child.line("waits");
    await using tracker = await openTracker({ directory: cwd });
    const { rows } = await tracker.searchRuns({ allExperiments: true });
    await tracker.control(String(rows[0]?.run_id)).stop({ reason: "enough" });
    expect((await child.end).code).toBe(5);
    expect((await recorded(cwd)).info.status).toBe("KILLED");
  });

  test("tells a command that a signal ended, and one that is not there, as a shell does", async () => {
    const cwd = await temporaryDirectory();
    expect((await record(cwd, ["--", ...self, "die"]).end).code).toBe(137);
    const { info, data } = await recorded(cwd);
    expect([info.status, data.tags["mlflow.tracklet.error"]]).toEqual(["FAILED", "ended by SIGKILL"]);
    const other = await temporaryDirectory();
    const end = await record(other, ["--", join(other, "nothing-here"), "--token", secret]).end;
    expect(end.code).toBe(127);
    expect(end.stderr).toContain("Cannot run the command as there is no command");
    expect(JSON.stringify((await recorded(other)).data)).not.toContain(secret);
    expect((await record(other, ["--param", "x", "--", ...self]).end).code).toBe(2);
  });
});
