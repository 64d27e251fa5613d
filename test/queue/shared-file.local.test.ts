import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { platformClock } from "../../src/runtime/platform-clock.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { type Program, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import type { ShareJob } from "./programs/share.ts";

const directory = temporaryDirectories();
const program = new URL("./programs/share.ts", import.meta.url);
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** An oracle that listens. */
async function listen(): Promise<{ oracle: OracleServer; trackingUri: string }> {
  const oracle = new OracleServer(platformClock);
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then(async (body) => {
      const { method = "GET", url = "/" } = incoming;
      const headers = { "content-type": incoming.headers["content-type"] ?? "application/json" };
      const reply = await oracle.fetch(
        new Request(`http://oracle.test${url}`, { method, headers, ...(method !== "GET" && { body }) }),
      );
      outgoing.writeHead(reply.status, Object.fromEntries(reply.headers));
      outgoing.end(Buffer.from(await reply.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { oracle, trackingUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return new Uint8Array(Buffer.concat(parts));
}

function start(job: ShareJob): Program {
  const child = startProgram(program, [JSON.stringify(job)]);
  cleanups.push(() => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It is dead already.
    }
  });
  return child;
}

/** Waits for what other processes bring about. */
async function until(done: () => boolean): Promise<void> {
  const end = platformClock.monotonic() + 60_000;
  while (!done()) {
    if (platformClock.monotonic() > end) throw new Error("Cannot wait any longer: it did not come true");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("A queue file of several processes", () => {
  test("F18 has a run that was begun offline created once by two that open the file at the same time", {
    timeout: 90_000,
  }, async () => {
    const { oracle, trackingUri } = await listen();
    const path = join(await directory(), "queue.db");
    const job = { path, trackingUri, points: 100 };
    await start({ ...job, name: "first", runs: ["x", "y"], offline: true }).end;
    oracle.fault = ({ path }) => (path.endsWith("runs/create") ? { delay: 300 } : undefined);
    const both = ["a", "b"].map((name) => start({ ...job, name, runs: [name] }));
    const names = ["a", "b", "x", "y"];
    for (const child of both) await child.line("flushed");
    // What the other one logged, nobody here waits for.
    const all = (): boolean =>
      names.every((name) => [...oracle.runs.values()].some((run) => run.name === name && run.points.size >= 100));
    await until(all);
    expect([...oracle.runs.values()].map(({ name }) => name).sort()).toEqual(names);
    expect(oracle.trace().filter((name) => name === "runs/create")).toHaveLength(4);
    for (const name of names) expect(oracle.named(name).points.size).toBe(100);
  });

  test("F43 is drained by one, which others follow, and a dead one's runs end FAILED while live ones go on", {
    timeout: 90_000,
  }, async () => {
    const { oracle, trackingUri } = await listen();
    const path = join(await directory(), "queue.db");
    const job = { path, trackingUri, points: 50, pace: 20 };
    const children = [];
    for (const name of ["a", "b", "c"]) {
      const child = start({ ...job, name, runs: [name] });
      await child.line("flushed");
      children.push(child);
    }
    const [a] = children;
    await until(() => oracle.named("c").points.size > 60);
    a!.kill("SIGKILL");
    await until(() => oracle.named("a").status === "FAILED");
    expect(oracle.named("a").tags.get("mlflow.tracklet.endedBy")).toBe("recovery");
    const seen = oracle.named("b").points.size;
    await until(() => oracle.named("b").points.size > seen + 20 && oracle.named("c").points.size > seen + 20);
    for (const name of ["b", "c"]) expect(oracle.named(name).status).toBe("RUNNING");
    expect(oracle.calls.filter(({ path: to }) => to.endsWith("runs/update"))).toHaveLength(1);
    for (const child of children.slice(1)) child.kill("SIGKILL");
    const outputs = await Promise.all(children.map(({ end }) => end));
    const said = outputs.map(({ stdout }) => stdout.match(/^problem .*/gm) ?? []);
    // Whoever leads tells that it ended the run of the dead one, and nothing else.
    expect(said.flat()).toEqual([
      expect.stringMatching(/^problem run-recovered The run "a" \(\w+\) was open when its program ended/),
    ]);
  });

  test("F37 is drained by another when the leader is stopped beyond its lease, and that one does nothing twice", {
    timeout: 90_000,
  }, async () => {
    const { oracle, trackingUri } = await listen();
    const path = join(await directory(), "queue.db");
    const job = { path, trackingUri, points: 50, pace: 20, lease: 2_000 };
    const a = start({ ...job, name: "a", runs: ["a"] });
    await a.line("flushed");
    const b = start({ ...job, name: "b", runs: ["b"] });
    await b.line("flushed");
    a.kill("SIGSTOP");
    const seen = oracle.named("b").points.size;
    await until(() => oracle.named("b").points.size > seen + 20);
    a.kill("SIGCONT");
    const before = oracle.named("a").points.size;
    await until(() => oracle.named("a").points.size > before + 20);
    // It was alive all the time.
    expect(oracle.named("a").status).toBe("RUNNING");
    expect(oracle.runs.size).toBe(2);
    for (const child of [a, b]) child.kill("SIGKILL");
    for (const { stdout } of await Promise.all([a.end, b.end])) expect(stdout).not.toContain("problem");
  });
});
