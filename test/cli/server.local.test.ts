import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLocal } from "../../src/open/local.ts";
import { type Program, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();

const tracklet = (cwd: string, ...args: string[]): Program =>
  startProgram(new URL("../../src/cli/main.ts", import.meta.url), args, { cwd });

const addressIn = (line: string): string => /http:\S+/.exec(line)![0];

async function stopped(program: Program): Promise<void> {
  program.kill("SIGTERM");
  expect((await program.end).code).toBe(0);
}

/** Sends bytes as they are and gives what comes back until it is whole JSON. */
function firstAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.on("error", reject);
    socket.on("data", (data) => {
      answer += String(data);
      if (!answer.endsWith("}")) return;
      socket.destroy();
      resolve(answer);
    });
  });
}

describe("tracklet server", () => {
  test("says in one line where it listens and where the data lies, and answers", async () => {
    const directory = await temporaryDirectory();
    const program = tracklet(directory, "server", "--port", "0");
    const line = await program.line("tracklet server listening at http://127.0.0.1:");
    expect(line).toContain(`database ${join(directory, "mlflow.db")}`);
    expect(line).toContain(`artifacts ${join(directory, "mlartifacts")}`);
    const reply = await fetch(`${addressIn(line)}/version`);
    expect(await reply.text()).toBe("3.17.2");
    await stopped(program);
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "closes the database at %s and goes on with it at the next start",
    async (signal) => {
      const directory = await temporaryDirectory();
      const flags = ["server", "--port", "0", "--backend-store-uri", "sqlite:///data/runs.db"];
      const first = tracklet(directory, ...flags);
      const create = `${addressIn(await first.line("tracklet server"))}/api/2.0/mlflow/experiments/create`;
      const headers = { "content-type": "application/json" };
      const reply = await fetch(create, { method: "POST", headers, body: JSON.stringify({ name: "kept" }) });
      expect(reply.status).toBe(200);
      await reply.text();
      first.kill(signal);
      expect(await first.end).toMatchObject({ code: 0, stderr: "" });
      expect(existsSync(join(directory, "data", "runs.db-wal"))).toBe(false);
      const second = tracklet(directory, ...flags);
      const get = `${addressIn(await second.line("tracklet server"))}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`;
      expect((await fetch(get)).status).toBe(200);
      await stopped(second);
    },
  );

  test("serves the artifacts of a local store from where they lie", async () => {
    const directory = await temporaryDirectory();
    const local = await openLocal({ directory });
    const path = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/a.txt";
    await local.fetch(new Request(local.trackingUri + path, { method: "PUT", body: "from the script" }));
    await local.close();
    const program = tracklet(directory, "server", "--port", "0");
    const line = await program.line("tracklet server");
    expect(line).toContain(`artifacts ${join(directory, "mlruns")}`);
    expect(await (await fetch(addressIn(line) + path)).text()).toBe("from the script");
    await stopped(program);
  });

  test("keeps artifacts in the folder that is named", async () => {
    const directory = await temporaryDirectory();
    const program = tracklet(directory, "server", "--port", "0", "--artifacts-destination", "./files");
    const address = addressIn(await program.line("tracklet server"));
    const path = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/a.txt";
    expect((await fetch(address + path, { method: "PUT", body: "x" })).status).toBe(200);
    expect(existsSync(join(directory, "files", "0", "run", "artifacts", "a.txt"))).toBe(true);
    await stopped(program);
  });

  test("warns when others can reach it", async () => {
    const program = tracklet(await temporaryDirectory(), "server", "--port", "0", "--host", "0.0.0.0");
    await program.line("tracklet server listening at http://0.0.0.0:");
    program.kill("SIGTERM");
    expect((await program.end).stderr).toContain("Warning: everyone who reaches 0.0.0.0 can read and change all runs");
  });

  test("serves the hosts and origins that are allowed", async () => {
    const flags = [
      "server",
      "--port",
      "0",
      "--allowed-hosts",
      "127.0.0.1:*,mlflow.example",
      "--cors-allowed-origins",
      "https://app.example",
    ];
    const program = tracklet(await temporaryDirectory(), ...flags);
    const address = addressIn(await program.line("tracklet server"));
    const get = `${address}/api/2.0/mlflow/experiments/get?experiment_id=0`;
    const reply = await fetch(get, { headers: { origin: "https://app.example" } });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("access-control-allow-origin")).toBe("https://app.example");
    await reply.text();
    await stopped(program);
  });

  test("refuses a body of 100 MB, promised or in chunks, and goes on", async () => {
    const program = tracklet(await temporaryDirectory(), "server", "--port", "0");
    const address = addressIn(await program.line("tracklet server"));
    const head = (length: string): string =>
      `POST /api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;
    const megabyte = " ".repeat(2 ** 20);
    const chunk = `100000\r\n${megabyte}\r\n`;
    for (const request of [
      `${head("Content-Length: 100000000")}{"run_id":`,
      head("Transfer-Encoding: chunked") + chunk.repeat(33),
    ]) {
      const answer = await firstAnswer(Number(new URL(address).port), request);
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toContain("it must have at most 33554432 bytes");
    }
    expect(await (await fetch(`${address}/version`)).text()).toBe("3.17.2");
    await stopped(program);
  });

  test("refuses a port in use with the flag that cures it", async () => {
    const directory = await temporaryDirectory();
    const first = tracklet(directory, "server", "--port", "0");
    const { port } = new URL(addressIn(await first.line("tracklet server")));
    const end = await tracklet(directory, "server", "--port", port).end;
    expect(end.code).toBe(1);
    expect(end.stderr).toBe(
      `Cannot listen on 127.0.0.1:${port} as another program uses that port: choose another with --port, or let --port 0 find a free one\n`,
    );
    await stopped(first);
  });

  test("refuses a file that is no database in one line", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "mlflow.db"), "no database ".repeat(200));
    const end = await tracklet(directory, "server", "--port", "0").end;
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/^Cannot use ".*mlflow\.db" as a database .*\n$/);
  });

  test.each([
    [["--port", "70000"], "It must be a whole number from 0 to 65535"],
    [["--prot", "1"], "unknown option '--prot'"],
  ])("refuses the command line %j with exit code 2", async (flags, message) => {
    const end = await tracklet(await temporaryDirectory(), "server", ...flags).end;
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(message);
  });

  test.each([
    [["--backend-store-uri", "postgresql://me:secret@db/x"], "mlflow server --backend-store-uri postgresql://..."],
    [["--backend-store-uri", "./mlruns"], "mlflow migrate-filestore"],
    [["--backend-store-uri", "/data/my runs.db"], 'use "sqlite:////data/my%20runs.db"'],
    [["--backend-store-uri", "http://localhost:5000"], 'it must be "sqlite:///FILE"'],
    [["--artifacts-destination", "s3://bucket/key"], "--artifacts-destination must be a folder"],
  ])("refuses %j with what to use instead", async (flags, message) => {
    const end = await tracklet(await temporaryDirectory(), "server", "--port", "0", ...flags).end;
    expect(end.code).toBe(1);
    expect(end.stderr).toContain(message);
    expect(end.stderr).not.toContain("secret");
  });
});
